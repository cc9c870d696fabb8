"""Are the links of a generation what its manifest says; and if not, they are made so again, each in one step.

Its directories are shared with later generations by name alone, so what is wrong in one would stay wrong in all.
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
    """A name in a generation that is not as it should be."""

    path: str
    """Below the generation: ``Links/Executables/git``."""
    reason: Literal["changed", "missing", "extra"]
    target: str = ""
    """Where the link should lead, as it is written in its directory; nothing for an extra, and where that is not known."""


class _Known(NamedTuple):
    """What a generation has beside its links."""

    home: str
    names: frozenset[str]
    """Those of its shared directories whose names its links do not tell: they hold small files too, or directories that do."""
    pieces: Collection[str]

    def inside(self, path: str) -> bool:
        """Return whether a small file stands at or below ``path``."""
        return any(piece == path or piece.startswith(f"{path}/") for piece in self.pieces)


def strays(disk: Disk, number: int, system: System, pieces: Collection[str] = ()) -> tuple[Stray, ...]:
    """Hold the links of generation ``number`` against ``system``; ``pieces`` are the paths of small files that may stand there too.

    What lies in a directory that is another one is not looked at.
    """
    top = compose(system)
    held = bytes(disk.read(f"{GENERATIONS}/{number}/links")).decode().split()
    names = frozenset(held) - {folder.name for _, part in top for folder in part.walk()}
    known = _Known(f"{GENERATIONS}/{number}/", names, pieces)
    return tuple(sorted(stray for _, folder in top for stray in _strays(disk, folder, "../.links/", known)))


def _strays(disk: Disk, folder: Folder, above: str, known: _Known) -> Iterator[Stray]:
    told = known.inside(folder.place)
    name = _name(disk, known.home + folder.place)
    if name not in (known.names if told else {folder.name}):
        yield Stray(folder.place, "changed" if name else "missing", "" if told else above + folder.name)
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
    """Return the name of the shared directory that stands at ``path``, if one does."""
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
    """Return each name what it should be; one whose directory is gone, or not known, is left. ``Rejected`` when the disk refuses."""
    new = f"{GENERATIONS}/{NEW}link"
    with telling(f"the links of generation {number}"):
        for stray in found:
            if stray.reason != "extra" and not stray.target:
                continue
            path = f"{GENERATIONS}/{number}/{stray.path}"
            with suppress(FileNotFoundError, NotADirectoryError):
                remove_tree(disk, new)
                if stray.reason == "extra":
                    disk.rename(path, new)  # a name in a directory that others share goes in one step
                else:
                    disk.symlink(stray.target, new)
                    if (seen := disk.look(path)) is not None and seen.kind == "directory":
                        remove_tree(disk, path)
                    disk.rename(new, path)
                disk.sync_directory(path.rpartition("/")[0])
        remove_tree(disk, new)
