"""Compare the links of a generation with its manifest, and repair those that differ, each atomically.

Its directories are shared with later generations by name alone, so a wrong link in one would stay wrong in all of them.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from nipsys.effects.disk import Disk, Kind, remove_tree
from nipsys.generation.links.farm import FarmDirectory, compose_farm
from nipsys.generation.paths import GENERATIONS, NEW_PREFIX
from nipsys.model.system import System
from nipsys.store import translate_errors


class Drift(NamedTuple):
    """A name in a generation that differs from the manifest."""

    path: str
    """Below the generation: ``Links/Executables/git``."""
    reason: Literal["changed", "missing", "extra"]
    target: str = ""
    """Where the link should lead, as written in its directory; empty for an extra name, and when that is not known."""


class _Expected(NamedTuple):
    """What a generation has besides its links."""

    home: str
    names: frozenset[str]
    """Its shared directories whose names do not follow from its links alone: small files are in them or below them."""
    pieces: Collection[str]

    def has_file_in(self, path: str) -> bool:
        """Return whether a small file is at or below ``path``."""
        return any(piece == path or piece.startswith(f"{path}/") for piece in self.pieces)


def find_drift(disk: Disk, number: int, system: System, pieces: Collection[str] = ()) -> tuple[Drift, ...]:
    """Compare the links of generation ``number`` with ``system``; ``pieces`` are the paths of small files that may exist as well.

    Returns the differences, sorted. A directory that is a wrong one is reported as such, and its content is not compared.
    """
    top = compose_farm(system)
    held = bytes(disk.read(f"{GENERATIONS}/{number}/links")).decode().split()
    names = frozenset(held) - {folder.name for _, part in top for folder in part.walk()}
    known = _Expected(f"{GENERATIONS}/{number}/", names, pieces)
    return tuple(sorted(stray for _, folder in top for stray in _iter_drift(disk, folder, "../.links/", known)))


def _iter_drift(disk: Disk, folder: FarmDirectory, above: str, known: _Expected) -> Iterator[Drift]:
    has_files = known.has_file_in(folder.place)
    name = _shared_name(disk, known.home + folder.place)
    if name not in (known.names if has_files else {folder.name}):
        yield Drift(folder.place, "changed" if name else "missing", "" if has_files else above + folder.name)
        return
    there = _list_names(disk, known.home + folder.place)
    for name, target in folder.links:
        path = f"{folder.place}/{name}"
        kind = there.pop(name, None)
        if kind is None:
            yield Drift(path, "missing", target)
        elif kind != "link" or disk.readlink(known.home + path) != target:
            yield Drift(path, "changed", target)
    for name, below in folder.directories:
        there.pop(name, None)
        yield from _iter_drift(disk, below, "../", known)
    yield from (Drift(path, "extra") for path in (f"{folder.place}/{name}" for name in there) if not known.has_file_in(path))


def _shared_name(disk: Disk, path: str) -> str:
    """Return the name of the shared directory at ``path``; empty when there is none."""
    try:
        return disk.readlink(path).rpartition("/")[2]
    except OSError:
        return ""


def _list_names(disk: Disk, path: str) -> dict[str, Kind]:
    try:
        return dict(disk.list_entries(f"{path}/."))  # what the link leads to
    except OSError:
        return {}


def repair_links(disk: Disk, number: int, found: Iterable[Drift]) -> None:
    """Make each name what the manifest says; ``Rejected`` when the disk fails.

    A name is skipped when its directory is missing or its target is not known.
    """
    new = f"{GENERATIONS}/{NEW_PREFIX}link"
    with translate_errors(f"the links of generation {number}"):
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
                    if (seen := disk.lstat(path)) is not None and seen.kind == "directory":
                        remove_tree(disk, path)
                    disk.rename(new, path)
                disk.sync_directory(path.rpartition("/")[0])
        remove_tree(disk, new)
