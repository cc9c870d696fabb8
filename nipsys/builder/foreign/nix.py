"""Nix as a builder: a package of an expression with overrides, in a separate Nix store below the root, without /nix on the host."""

import hashlib
import json
import os
import re
import shutil

from nipsys.builder.foreign.driver import BuildRequest, BuiltImage, ForeignRecipe, describe_tool_failure
from nipsys.effects import Finished, run
from nipsys.model import HostFacts, Problem, Rejected, reject
from nipsys.sources.debian import read_configuration

_CONFIG = """
substituters =
build-users-group =
sandbox = true
sandbox-fallback = false
sandbox-paths = /usr /bin /lib /lib64 /etc/alternatives
"""


class Nix:
    """The ``nix-build`` of this host, or one installed by `nipsys bootstrap install nix`."""

    name = "nix"

    def __init__(self, home: str, store: str) -> None:
        """``home/bin/nix-build`` is the tool; ``store`` is a directory whose ``nix/store`` it may write to."""
        self.home = home
        self.store = store

    def find_recipe(self, request: BuildRequest) -> ForeignRecipe:
        """Evaluate the package with its flags; nothing is built yet."""
        if not os.path.exists(request.repository):
            hint = "pass an expression with `--repository` or NIPSYS_NIXPKGS"
            raise reject("request", "no-repository", f"the Nix expression `{request.repository}` does not exist", hint=hint)
        question = f"let p = {format_expression(request)}; in {{ inherit (p) name drvPath; }}"
        done = self._run(request, "nix-instantiate", "--eval", "--json", "--strict", "--expr", question)
        try:
            value = json.loads(done.output.splitlines()[-1]) if done.code == 0 else {}
        except (ValueError, IndexError):
            value = {}
        if "name" not in value:
            lines = tuple(line for line in done.output.splitlines() if line.strip())[-8:]
            raise Rejected((Problem("build-refused", f"Nix has no `{request.package}` with these flags", None, lines),), "request")
        found = re.fullmatch(r"(.+?)-(\d.*)", value["name"])
        name, version = (found[1], found[2]) if found else (value["name"], "0")
        return ForeignRecipe(name, version, (("derivation", hashlib.sha256(value["drvPath"].encode()).hexdigest()),))

    def build(self, request: BuildRequest, recipe: ForeignRecipe, log: str) -> BuiltImage:
        """Build the derivation in Nix's own sandbox; return a copy of its output."""
        done = self._run(request, "nix-build", "--no-out-link", "--expr", format_expression(request))
        with open(log, "w", encoding="utf-8") as stream:
            stream.write(done.output)
        path = next((line for line in reversed(done.output.splitlines()) if line.startswith("/nix/store/")), "")
        if done.code or not path:
            raise describe_tool_failure("Nix", request, recipe, log)
        shutil.copytree(f"{self.store}{path}", f"{request.work}/image", symlinks=True)
        return BuiltImage(f"{request.work}/image")

    def _run(self, request: BuildRequest, program: str, *arguments: str) -> Finished:
        os.makedirs(self.store, exist_ok=True)
        environment = {
            "PATH": f"{self.home}/bin:/usr/bin:/bin",
            "HOME": request.work,
            "NIX_REMOTE": f"local?root={self.store}",
            "NIX_CONFIG": _CONFIG,
            "NIX_BUILD_CORES": str(request.variation.jobs),
        }
        return run([f"{self.home}/bin/{program}", *arguments], env=environment, cwd=request.work, seconds=7200)


def make_profile(host: HostFacts) -> str:
    """Return a profile that contains Nix as Debian packages it, of the suite that the host uses; on other systems, of bookworm."""
    entries, _ = read_configuration(host.config_files)
    suite = next((entry.suite for entry in entries if "-" not in entry.suite), "bookworm")
    return f'profile "nix"\nsource "debian" suite="{suite}"\npackages {{ nix-bin }}\n'


def format_expression(request: BuildRequest) -> str:
    """Return the Nix expression of the package, overridden by its flags."""
    package = f"(import {request.repository} {{}}).{request.package}"
    overrides = [f"{flag.name} = {'true' if flag.value == 'on' else 'false'};" for flag in request.flags if flag.value in {"on", "off"}]
    overrides += [f'{flag.name} = "{flag.value}";' for flag in request.flags if flag.value not in {"on", "off"}]
    return f"({package}.override {{ {' '.join(overrides)} }})" if overrides else package
