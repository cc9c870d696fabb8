"""Gentoo's Portage as a builder: an ebuild with USE flags, built for its path in the store, without root and without a merge.

Portage runs in the sandbox (``sandbox.py``); ``portage_ask.py`` asks it about a package.
"""

import json
import os
import shutil
from typing import Any

from nipsys.builder.foreign.driver import BuildDependency, BuildRequest, BuiltImage, ForeignRecipe, describe_tool_failure
from nipsys.builder.foreign.sandbox import (
    REPOSITORY,
    TOOL,
    WORK,
    CommandResult,
    executables_path,
    prefix_path,
    run_tool,
    search_variables_of,
)
from nipsys.effects import run
from nipsys.model import Problem, Rejected, reject
from nipsys.model.package import Resource
from nipsys.model.system import Flag

_OFF = "sandbox usersandbox userpriv ipc-sandbox network-sandbox pid-sandbox mount-sandbox news strict preserve-libs merge-sync"
_FEATURES = " ".join(["unprivileged", *(f"-{name}" for name in _OFF.split())])
_SOURCE_LIMIT = 4 << 30


class Portage:
    """Portage in an environment of its own (`nipsys bootstrap install portage`)."""

    name = "gentoo"

    def __init__(self, home: str) -> None:
        """``home`` is the environment: ``home/bin/python`` can import portage."""
        self.home = home

    def find_recipe(self, request: BuildRequest) -> ForeignRecipe:
        """Let Portage find the newest ebuild, check the flags and list the dependencies; all mistakes are reported at once."""
        answer = self._query(request)
        problems = [*_check_flags(request, answer), *_check_dependencies(request, answer), *_check_pins(request, answer)]
        if problems:
            raise Rejected(problems, "request")
        if answer["required"]:
            flags = " ".join(str(flag) for flag in request.flags)
            message = f"`{request.package}` cannot be built with {flags or 'its default flags'}"
            hint = "change the flags so that REQUIRED_USE holds"
            raise reject("request", "required-use", message, f"REQUIRED_USE: {answer['required']}", hint=hint)
        identity = [(os.path.basename(path), digest) for path, digest in answer["files"].items()]
        identity.append(("compiler", run(["gcc", "-dumpfullversion", "-dumpmachine"]).output.strip()))
        needs = tuple(BuildDependency(need["package"], _to_flags(need), need["runs"]) for need in answer["needs"])
        return ForeignRecipe(
            request.package.rpartition("/")[2], answer["version"], tuple(identity), needs, tuple(map(_to_resource, answer["sources"]))
        )

    def build(self, request: BuildRequest, recipe: ForeignRecipe, log: str) -> BuiltImage:
        """Run the ebuild's phases up to ``install``; the image is never merged."""
        self._write_configuration(request)
        name = request.package.rpartition("/")[2]
        done = self._run(request, "ebuild", f"{REPOSITORY}/{request.package}/{name}-{recipe.version}.ebuild", "clean", "install")
        with open(log, "w", encoding="utf-8") as stream:
            stream.write(done.output)
        image = f"{request.work}/build/scratch/portage/{request.package}-{recipe.version}/image{request.prefix}"
        if not done.succeeded or not os.path.isdir(image):
            raise describe_tool_failure("Portage", request, recipe, log)
        return BuiltImage(image, done.missing, done.seconds, done.clock)

    def _query(self, request: BuildRequest) -> dict[str, Any]:
        if not os.path.isfile(f"{request.repository}/profiles/repo_name"):
            hint = "it lacks profiles/repo_name; pass `--repository` or set NIPSYS_GENTOO_REPOSITORY"
            raise reject("request", "no-repository", f"`{request.repository}` is not an ebuild repository", hint=hint)
        self._write_configuration(request)
        script = f"{WORK}/bin/portage_ask.py"
        said = self._run(request, script, json.dumps({"package": request.package, "provided": request.provided}))
        try:
            answer: dict[str, Any] = json.loads(said.output.strip().splitlines()[-1]) if said.succeeded else {}
        except (ValueError, IndexError):
            answer = {}
        if "version" not in answer:
            lines = tuple(line for line in said.output.splitlines() if line.strip())[-12:]
            raise Rejected((Problem("build-refused", f"Portage cannot read `{request.package}`", None, lines),), "request")
        if not answer["version"]:
            hidden = tuple(f"`{cpv}` exists, but none of its keywords matches this machine" for cpv in answer["hidden"])
            hint = "pass the ebuild repository with `--repository` or NIPSYS_GENTOO_REPOSITORY, and the package as category/name"
            raise reject("request", "unknown-package", f"`{request.repository}` has no ebuild for `{request.package}`", *hidden, hint=hint)
        return answer

    def _write_configuration(self, request: BuildRequest) -> None:
        """Write the configuration of Portage below its prefix: a profile, make.conf and its own defaults."""
        etc, build, uid = f"{request.work}/prefix/etc/portage", f"{request.work}/build", request.variation.uid
        for path in (
            f"{etc}/make.profile",
            f"{request.work}/prefix/share/portage",
            f"{build}/distfiles",
            f"{build}/scratch",
            f"{build}/bin",
        ):
            os.makedirs(path, exist_ok=True)
        _link(f"{TOOL}/share/portage/config", f"{request.work}/prefix/share/portage/config")
        machine = os.uname().machine
        arch = {"x86_64": "amd64", "aarch64": "arm64"}[machine]
        _write(
            f"{etc}/make.profile/make.defaults",
            f'ARCH="{arch}"\nACCEPT_KEYWORDS="{arch} ~{arch}"\nCHOST="{machine}-pc-linux-gnu"\nABI="{arch}"\nDEFAULT_ABI="{arch}"\n'
            f'LIBDIR_{arch}="lib"\nIUSE_IMPLICIT="prefix"\nUSE_EXPAND_IMPLICIT="ARCH"\nUSE_EXPAND_VALUES_ARCH="{arch}"\n',
        )
        _write(f"{etc}/make.profile/eapi", "8\n")
        found = search_variables_of(request.dependency_paths)
        _write(
            f"{etc}/make.conf",
            f'FEATURES="{_FEATURES}"\nPORTAGE_USERNAME="nipsys"\nPORTAGE_GRPNAME="nipsys"\n'
            f'PORTAGE_INST_UID="{uid}"\nPORTAGE_INST_GID="{uid}"\nACCEPT_LICENSE="*"\nMAKEOPTS="-j{request.variation.jobs}"\n'
            f'DISTDIR="{WORK}/distfiles"\nPKGDIR="{WORK}/packages"\nPORTAGE_TMPDIR="{WORK}/scratch"\n'
            + "".join(f'{name}="{value}"\n' for name, value in found.items() if name != "PKG_CONFIG_PATH"),
        )
        if tar := shutil.which("gtar") or shutil.which("tar"):
            _link(tar, f"{build}/bin/gtar")
        for name in ("portage_run.py", "portage_ask.py"):
            shutil.copyfile(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), f"{build}/bin/{name}")

    def _run(self, request: BuildRequest, program: str, *arguments: str) -> CommandResult:
        with open(f"{request.repository}/profiles/repo_name", encoding="utf-8") as stream:
            name = stream.read().strip()
        environment = {
            "PATH": f"{WORK}/bin:{executables_path(request.dependency_paths)}",
            "HOME": WORK,
            "USE": " ".join([*request.enabled_flags(), *(f"-{flag}" for flag in request.disabled_flags())]),
            "PORTAGE_REPOSITORIES": f"[DEFAULT]\nmain-repo = {name}\n[{name}]\nlocation = {REPOSITORY}\n",
            "PKG_CONFIG_PATH": search_variables_of(request.dependency_paths).get("PKG_CONFIG_PATH", ""),
            "SOURCE_DATE_EPOCH": "1",
            "LC_ALL": "C.UTF-8",
        }
        argv = [f"{TOOL}/bin/python", "-B", f"{WORK}/bin/portage_run.py", prefix_path(request), program, *arguments]
        return run_tool(request, self.home, argv, environment)


def _to_flags(need: dict[str, Any]) -> tuple[Flag, ...]:
    return tuple(Flag(name, "on") for name in need["on"]) + tuple(Flag(name, "off") for name in need["off"])


def _to_resource(source: dict[str, Any]) -> Resource:
    return Resource(source["name"], tuple(source["urls"]), source["size"] or _SOURCE_LIMIT, f"sha512:{source['sha512']}", source["size"])


def _check_flags(request: BuildRequest, answer: dict[str, Any]) -> list[Problem]:
    """Return a problem for every flag that the ebuild does not list: Portage would ignore it silently."""
    listed = ", ".join(f"`{name}`" for name in answer["flags"])
    hint = f"its USE flags are {listed}" if listed else "it has no USE flags"
    return [
        Problem("unknown-flag", f"`{request.package}` has no USE flag `{flag.name}`", flag.span, (), hint)
        for flag in request.flags
        if flag.name not in answer["flags"]
    ]


def _check_dependencies(request: BuildRequest, answer: dict[str, Any]) -> list[Problem]:
    """Return a problem for every dependency that neither this machine nor the repository provides."""
    hint = f"add an ebuild for it to `{request.repository}`; or, if this machine has it, add its category/name-version to "
    hint += "~/.config/nipsys/package.provided"
    return [
        Problem("needs-missing", f"`{request.package}` needs `{one['atom']}` ({one['key']}), which is not available", None, (), hint)
        for one in answer["missing"]
    ]


def _check_pins(request: BuildRequest, answer: dict[str, Any]) -> list[Problem]:
    return [
        Problem("recipe-pin", f"the Manifest of `{request.package}` does not pin `{source['name']}`", None, (), "it needs a SHA512 digest")
        for source in answer["sources"]
        if not source["sha512"]
    ]


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


def _link(target: str, path: str) -> None:
    if not os.path.lexists(path):
        os.symlink(target, path)
