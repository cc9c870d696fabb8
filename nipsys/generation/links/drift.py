"""Compare the links of a generation with its manifest, and repair those that differ, each atomically.

Its directories are shared with later generations by name alone, so a wrong link in one would stay wrong in all of them.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from nipsys.effects.disk.port import Disk, Kind, remove_tree
from nipsys.generation.links.farm import Folder, compose
from nipsys.generation.paths import GENERATIONS, NEW
from nipsys.model.system.generation import System
from nipsys.store.errors import telling


class Stray(NamedTuple):
    """A name in a generation that differs from the manifest."""

    path: str
    """Below the generation: ``Links/Executables/git``."""
    reason: Literal["changed", "missing", "extra"]
    target: str = ""
    """Where the link should lead, as written in its directory; empty for an extra name, and when that is not known."""


class _Known(NamedTuple):
    """What a generation has besides its links."""

    home: str
    names: frozenset[str]
    """Its shared directories whose names do not follow from its links alone: small files are in them or below them."""
    pieces: Collection[str]

    def inside(self, path: str) -> bool:
        """Return whether a small file is at or below ``path``."""
        return any(piece == path or piece.startswith(f"{path}/") for piece in self.pieces)


def strays(disk: Disk, number: int, system: System, pieces: Collection[str] = ()) -> tuple[Stray, ...]:
    """Compare the links of generation ``number`` with ``system``; ``pieces`` are the paths of small files that may exist as well.

    Returns the differences, sorted. A directory that is a wrong one is reported as such, and its content is not compared.
    """
    top = compose(system)
    held = bytes(disk.read(f"{GENERATIONS}/{number}/links")).decode().split()
    names = frozenset(held) - {folder.name for _, part in top for folder in part.walk()}
    known = _Known(f"{GENERATIONS}/{number}/", names, pieces)
    return tuple(sorted(stray for _, folder in top for stray in _strays(disk, folder, "../.links/", known)))


def _strays(disk: Disk, folder: Folder, above: str, known: _Known) -> Iterator[Stray]:
    has_files = known.inside(folder.place)
    name = _name(disk, known.home + folder.place)
    if name not in (known.names if has_files else {folder.name}):
        yield Stray(folder.place, "changed" if name else "missing", "" if has_files else above + folder.name)
        return
    there = _names(disk, known.home + folder.place)
    for name, target in folder.links:
        path = f"{folder.place}/{name}"
        kind = there.pop(name, None)
        if kind is None:
            yield Stray(path, "missing", target)
        elif kind != "link" or disk.target(known.home + path) != target:
            yield Stray(path, "changed", target)
    for name, below in folder.folders:
        there.pop(name, None)
        yield from _strays(disk, below, "../", known)
    yield from (Stray(path, "extra") for path in (f"{folder.place}/{name}" for name in there) if not known.inside(path))


def _name(disk: Disk, path: str) -> str:
    """Return the name of the shared directory at ``path``; empty when there is none."""
    try:
        return disk.target(path).rpartition("/")[2]
    except OSError:
        return ""


def _names(disk: Disk, path: str) -> dict[str, Kind]:
    try:
        return dict(disk.entries(f"{path}/."))  # what the link leads to
    except OSError:
        return {}


def straighten(disk: Disk, number: int, found: Iterable[Stray]) -> None:
    """Make each name what the manifest says; ``Rejected`` when the disk fails.

    A name is skipped when its directory is missing or its target is not known.
    """
    new = f"{GENERATIONS}/{NEW}link"
    with telling(f"the links of generation {number}"):
        for stray in found:
            if stray.reason != "extra" and not stray.target:
                continue
            path = f"{GENERATIONS}/{number}/{stray.path}"
            with suppress(FileNotFoundError, NotADirectoryError):
                remove_tree(disk, new)
                if stray.reason == "extra":
                    disk.rename(path, new)  # atomic, as other generations share the directory
                else:
                    disk.symlink(stray.target, new)
                    if (seen := disk.look(path)) is not None and seen.kind == "directory":
                        remove_tree(disk, path)
                    disk.rename(new, path)
                disk.sync_directory(path.rpartition("/")[0])
        remove_tree(disk, new)
