"""apt itself as the judge: a private one, without root, that knows only what a test gives it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


class Available(NamedTuple):
    """One package version as apt lists it."""

    name: str
    version: str
    arch: str
    digest: str
    size: int
    location: str


class Apt:
    """An apt with its state below one directory."""

    def __init__(self, root: Path, sources: dict[str, str]) -> None:
        """Take ``sources``: name below ``sources.list.d`` to content."""
        if not shutil.which("apt-get"):
            pytest.skip("missing: `apt-get` (install apt)")
        for name in ("lists/partial", "cache/archives/partial", "etc/sources.list.d", "state", "trusted"):
            (root / name).mkdir(parents=True)
        (root / "status").touch()
        for name, text in sources.items():
            (root / "etc/sources.list.d" / name).write_text(text)
        settings = {
            "Dir::Etc": root / "etc",
            "Dir::Etc::sourcelist": root / "none.list",
            "Dir::Etc::sourceparts": root / "etc/sources.list.d",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::trusted": "/dev/null",
            "Dir::Etc::trustedparts": root / "trusted",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": root / "state",
            "Dir::State::lists": root / "lists",
            "Dir::State::status": root / "status",
            "Dir::Cache": root / "cache",
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Check-Valid-Until": "true",
            "Acquire::Check-Date": "true",
        }
        self._options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        self._environment = {**os.environ, "LC_ALL": "C", "APT_CONFIG": "/dev/null"}
        self._root = root

    def run(self, *command: str) -> str:
        """Run an apt command; give what it prints."""
        ran = subprocess.run(
            [command[0], *self._options, *command[1:]],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=self._root,
            timeout=300,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def refuses_update(self) -> bool:
        """Return whether ``apt-get update`` takes nothing."""
        command = ["apt-get", *self._options, "-o", "APT::Update::Error-Mode=any", "update"]
        ran = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, cwd=self._root, timeout=300)
        return ran.returncode != 0

    def available(self) -> set[Available]:
        """Return every version apt knows of."""
        return _listed(self.run("apt-cache", "show", "--all-versions", *self.run("apt-cache", "pkgnames").split()))

    def newest(self) -> set[Available]:
        """Return the newest version of each name: quick even for a whole distribution."""
        return _listed(self.run("apt-cache", "dumpavail"))

    def candidate(self, name: str) -> tuple[str, int, str]:
        """Return (address, size, sha256) of what apt would download for a name."""
        line = self.run("apt-get", "--print-uris", "download", name).strip().splitlines()[-1]
        address, _, size, digest = line.split()
        return address.strip("'"), int(size), digest.removeprefix("SHA256:")

    def versions(self, names: list[str]) -> dict[str, str]:
        """Return the version apt would take of each name."""
        policy = self.run("apt-cache", "policy", *names)
        return dict(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (\S+)$", policy, re.MULTILINE))


def _listed(text: str) -> set[Available]:
    found = set()
    for stanza in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+): (.*)$", stanza, re.MULTILINE))
        if "Package" in fields:
            location = fields["Filename"].removeprefix("./")
            found.add(
                Available(fields["Package"], fields["Version"], fields["Architecture"], fields["SHA256"], int(fields["Size"]), location)
            )
    return found
