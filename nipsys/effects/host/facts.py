"""Collect what sources need to know about the host: its package configuration, keyrings and environment."""

import glob
import os
import re
import sys
from collections.abc import Iterable

from nipsys.model import DefaultRegistry, HostFacts, HostNeeds

_TEXT_LIMIT = 1 << 20


def read_host_facts(arch: str, needs: HostNeeds, root: str = "/") -> HostFacts:
    """Read what ``needs`` names of the host, for packages of ``arch``; files that cannot be read count as missing.

    ``root`` is the directory of ``etc`` and ``usr``; paths of texts are returned relative to it, with a leading ``/``.
    """
    environment = {name: value for name, value in os.environ.items() if name.startswith("NIPSYS_") or name in {"HOME", *needs.variables}}
    home = environment.get("HOME", "")
    texts = [
        (path, _select_lines(text, wanted.lines))
        for wanted in needs.texts
        for path, place in _find_texts(wanted.path, root, home)
        if (text := _read_text(place)) is not None
    ]
    keyrings = [path for pattern in needs.keyrings for path in _paths(pattern, root) if os.path.isfile(path) and os.access(path, os.R_OK)]
    environment |= {f"{tool}.default": address for tool, address in _find_registries(needs.registries, root).items()}
    return HostFacts(
        arch=arch,
        environment=tuple(sorted(environment.items())),
        config_files=tuple(texts),
        keyrings=tuple(dict.fromkeys(keyrings)),
        working_directory=_working_directory(),
    )


def _find_texts(pattern: str, root: str, home: str) -> list[tuple[str, str]]:
    """Return the path by which a source knows each file of a pattern, and where it is."""
    if pattern.startswith("~/"):
        return [(place, place)] if home and (place := os.path.join(home, pattern[2:])) else []
    return [(_strip_root(place, root), place) for place in _paths(pattern, root)]


def detect_libc() -> str:
    """Return the host's C library, which this Python is linked against: ``glibc`` or ``musl``; only the former names itself."""
    try:
        return "glibc" if os.confstr("CS_GNU_LIBC_VERSION") else "musl"
    except (ValueError, OSError):
        return "musl"


def _working_directory() -> str:
    """Return the working directory; empty when it was removed while this process runs."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def _find_registries(registries: Iterable[DefaultRegistry], root: str) -> dict[str, str]:
    """Return the registry that each installed tool uses by default, as its own code names it."""
    found: dict[str, str] = {}
    for tool, path, pattern in registries:
        for place in _paths(path, root) if path.startswith("/") else _on_python_path(path):
            if match := re.search(pattern, _read_text(place) or ""):
                found.setdefault(tool, match[1].rstrip("/"))
    return found


def _on_python_path(path: str) -> list[str]:
    """Return the files named ``path`` below the directories of Python's module path."""
    return [found for place in sys.path if place and os.path.isfile(found := os.path.join(place, path))]


def _select_lines(text: str, lines: str) -> str:
    """Return a text, or only its lines that begin with the expression ``lines``."""
    return "\n".join(line for line in text.splitlines() if re.match(lines, line)) if lines else text


def _paths(pattern: str, root: str) -> list[str]:
    return sorted(glob.glob(os.path.join(root, pattern.lstrip("/"))))


def _strip_root(path: str, root: str) -> str:
    return "/" + os.path.relpath(path, root)


def _read_text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_TEXT_LIMIT)
    except OSError:
        return None
