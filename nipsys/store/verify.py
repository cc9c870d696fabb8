"""Is every tree what its manifest says? The answer names the paths that are not."""

from collections.abc import Iterable, Mapping
from typing import Literal

from blake3 import blake3

from nipsys.effects.disk import Buffer, Disk, Seen
from nipsys.model.digest import Digest, blake3_of
from nipsys.model.event import Advanced, Began, Ended, Report, silent
from nipsys.model.frozen import Frozen
from nipsys.model.tree import Directory, Entry, File, Link, Tree
from nipsys.store.places import manifest_path, tree_path
from nipsys.store.store import Store

_LARGE = 1 << 20
"""From so many bytes on, threads of the hash are worth their start."""

State = Literal["VERIFIED", "MODIFIED", "MISSING", "UNKNOWN"]


class Checked(Frozen):
    """What was found of one tree."""

    directory: str
    state: State
    """``UNKNOWN``: there is no manifest to hold it against, or not the one that was expected."""
    paths: tuple[str, ...] = ()
    """For ``MODIFIED``: what is changed, missing or too many, sorted."""
    reasons: tuple[str, ...] = ()
    """``changed``, ``missing`` or ``extra`` for each path."""


def verify(
    store: Store,
    directories: Iterable[str] | None = None,
    *,
    expected: Mapping[str, Digest] | None = None,
    quick: bool = False,
    report: Report = silent,
) -> tuple[Checked, ...]:
    """Hold trees (all that are there or expected, when not told which) against their manifests.

    Large files are hashed by all processors at once; small ones one after the other, which two threads of Python only make slower.

    ``expected`` gives the digests of manifests by directory: what a generation says. ``quick`` looks at sizes, times and modes
    instead of reading the bytes.
    """
    wanted = expected or {}
    chosen = sorted({*store.directories(), *wanted} if directories is None else set(directories))
    report(Began("verify", len(chosen)))

    found = []
    for directory in chosen:
        found.append(_check(store.disk, directory, wanted.get(directory), quick=quick))
        report(Advanced("verify", 1, directory))
    report(Ended("verify"))
    return tuple(found)


def _check(disk: Disk, directory: str, expected: Digest | None, *, quick: bool) -> Checked:
    seen = disk.look(tree_path(directory))
    if seen is None:
        return Checked(directory, "MISSING")
    try:
        text = bytes(disk.read(manifest_path(directory)))
        tree = Tree.parse(text)
    except (FileNotFoundError, ValueError):
        return Checked(directory, "UNKNOWN")
    if expected is not None and blake3_of(text) != expected:
        return Checked(directory, "UNKNOWN")
    inner = disk.within(tree_path(directory))
    try:
        wrong = dict(differences(inner, tree, quick=quick))
    finally:
        inner.close()
    paths = tuple(sorted(wrong))
    return Checked(directory, "MODIFIED" if wrong else "VERIFIED", paths, tuple(wrong[path] for path in paths))


def differences(disk: Disk, tree: Tree, *, quick: bool) -> list[tuple[str, str]]:
    """Give (path, ``changed`` | ``missing`` | ``extra``) for everything in the disk's directory that is not as ``tree`` says."""
    wrong = []
    known = {entry.path: entry for entry in tree.entries}
    there = _listing(disk, known)
    for path, entry in known.items():
        kind = there.pop(path, None)
        if kind is None:
            wrong.append((path, "missing"))
        elif not _same(disk, entry, kind, quick=quick):
            wrong.append((path, "changed"))
    return wrong + [(path, "extra") for path in there]


def _listing(disk: Disk, known: Mapping[str, Entry]) -> dict[str, str]:
    """List everything below the disk's directory; directories that do not belong are not entered."""
    found: dict[str, str] = {}
    ahead = [""]
    while ahead:
        directory = ahead.pop()
        for name, kind in disk.entries(directory):
            path = f"{directory}/{name}" if directory else name
            found[path] = kind
            if kind == "directory" and type(known.get(path)) is Directory:
                ahead.append(path)
    return found


def _same(disk: Disk, entry: Entry, kind: str, *, quick: bool) -> bool:
    match entry:
        case File(path=path):
            if kind != "file":
                return False
            if quick:
                return _alike(entry, disk.look(path))
            seen, data = disk.examine(path)
            return _alike(entry, seen) and _digest(data) == entry.digest
        case Link(path=path):
            return kind == "link" and disk.target(path) == entry.target
        case Directory():
            return kind == "directory"


def _alike(entry: File, seen: Seen | None) -> bool:
    return seen is not None and (seen.size, seen.mtime, seen.mode & 0o111 != 0) == (entry.size, entry.mtime, entry.executable)


def digest_of_file(disk: Disk, path: str) -> str:
    """Give the BLAKE3 of a file's content in hex."""
    return _digest(disk.read(path))


def _digest(data: Buffer) -> str:
    if len(data) < _LARGE:
        return blake3(data).hexdigest()
    return blake3(data, max_threads=blake3.AUTO).hexdigest()
