"""The package lists of the archive that this host's apt is configured for, fetched once and kept outside the checkout."""

import lzma
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nipsys.model.package.record import PackageRecord

SUITES = ("sid", "trixie", "bookworm")
UNIVERSES = {"one": ("bookworm",), "three": SUITES}


def cache() -> Path:
    """Return the directory for everything fetched and built: ``NIPSYS_BENCH_CACHE``, else below the user's cache."""
    given = os.environ.get("NIPSYS_BENCH_CACHE")
    path = Path(given) if given else Path.home() / ".cache" / "nipsys-bench"
    path.mkdir(parents=True, exist_ok=True)
    return path


def installed() -> str:
    """Return an interpreter that has the checkout installed as a user would have it: by pip, in an environment of its own.

    A development install is found through one more step at every start, and its modules are not compiled beforehand.
    """
    home, checkout = cache() / "environment", Path(__file__).parents[2]
    python = str(home / "bin" / "python")
    new = not home.exists()
    if new:
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    wanted = [f"{checkout}[sat]"] if new else ["--force-reinstall", "--no-deps", str(checkout)]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
    return python


def mirror() -> str:
    """Ask apt for the address of its archive."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    return next(address for address in found if re.search(r"/debian/?$", address)).rstrip("/")


def packages(suite: str) -> Path:
    """Return the list of a suite's main component for amd64, fetched when it is not there yet."""
    path = cache() / f"{suite}.Packages"
    if not path.exists():
        address = f"{mirror()}/dists/{suite}/main/binary-amd64/Packages.xz"
        with urllib.request.urlopen(address, timeout=300) as answer:
            path.write_bytes(lzma.decompress(answer.read()))
    return path


def records(suites: tuple[str, ...]) -> Iterator["PackageRecord"]:
    """Read the records of several suites, the most preferred first."""
    from nipsys.sources.debian.packages import PackageList

    for suite in suites:
        with packages(suite).open("rb") as body:
            yield from PackageList(body, "amd64", suite)


def make(name: str, path: Path) -> None:
    """Build the index of a universe."""
    from nipsys.index import write_index
    from nipsys.model.package.record import Snapshot, SourceRecords
    from nipsys.sources.debian.dialect import DebianDialect

    with path.open("wb") as file:
        write_index(
            SourceRecords(
                Snapshot("debian", "sha256:" + "0" * 64, "2026-01-01T00:00:00Z"), DebianDialect("amd64"), records(UNIVERSES[name])
            ),
            file,
        )


def index(name: str) -> Path:
    """Return the index of a universe, built by the code as it is now."""
    code = max(part.stat().st_mtime for part in (Path(__file__).parents[2] / "nipsys" / "index").glob("*.py"))
    path = cache() / f"{name}.index"
    if not path.exists() or path.stat().st_mtime < code:
        for suite in UNIVERSES[name]:
            packages(suite)
        new = path.with_suffix(f".{os.getpid()}")
        make(name, new)
        new.rename(path)  # whoever has the one before mapped keeps it
    return path
