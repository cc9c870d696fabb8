"""What the makers of foreign packages share: finding tools, and running them as a plain user even when the tests run as root."""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

PLAIN = 65534


def need(**tools: str) -> None:
    """Skip loudly when a tool is missing: ``need(makepkg="makepkg")`` maps the tool to its Debian package."""
    missing = [
        f"`{tool}` (install {package})"
        for tool, package in ((tool.replace("_", "-"), package) for tool, package in tools.items())
        if not shutil.which(tool)
    ]
    if missing:
        pytest.skip("missing: " + ", ".join(missing))


def plain(argv: list[str], where: Path, environment: dict[str, str] | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a tool in ``where`` as a user that may touch nothing else of the machine: makepkg refuses root, nix would make /nix."""
    if os.geteuid() == 0:
        argv = ["setpriv", f"--reuid={PLAIN}", f"--regid={PLAIN}", "--clear-groups", "--", *argv]
    base = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": str(where), "LANG": "C.UTF-8", "TMPDIR": str(where)}
    ran = subprocess.run(argv, cwd=where, env={**base, **(environment or {})}, capture_output=True, text=True, check=False, timeout=300)
    if check and ran.returncode:
        pytest.fail(f"{' '.join(argv)} ended with {ran.returncode}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}")
    return ran


def workshop(path: Path) -> Path:
    """Make a directory that the plain user owns, and give its real path."""
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, PLAIN, PLAIN)
    return path.resolve()


def reachable(path: Path) -> Path:
    """Return ``path``, or as root one that the plain user can reach: pytest shuts its own directories to others."""
    if os.geteuid():
        return path
    place = tempfile.mkdtemp(prefix="nipsys-shop-")
    os.chmod(place, 0o755)
    atexit.register(_removed, place)
    return Path(place) / "shop"


def _removed(place: str) -> None:
    subprocess.run(["chmod", "-R", "u+w", place], check=False)
    shutil.rmtree(place, ignore_errors=True)


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    """Write a file for the plain user."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, PLAIN, PLAIN)
        os.chown(path.parent, PLAIN, PLAIN)
    return path


def contents(root: Path, skip: tuple[str, ...] = ()) -> dict[str, tuple[str, object]]:
    """Return path to (kind, content or target or executable) of everything below ``root`` but directories named in ``skip``."""
    found: dict[str, tuple[str, object]] = {}
    for path in sorted(root.rglob("*")):
        relative = str(path.relative_to(root))
        if any(relative == one or relative.startswith(f"{one}/") for one in skip):
            continue
        if path.is_symlink():
            found[relative] = ("link", os.readlink(path))
        elif path.is_dir():
            found[relative] = ("directory", None)
        else:
            found[relative] = ("file", (path.read_bytes(), bool(path.stat().st_mode & 0o100)))
    return found
