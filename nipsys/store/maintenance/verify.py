"""Verification: compare every tree with its manifest and name the paths that differ."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from blake3 import blake3

from nipsys.effects.disk.port import Buffer, Disk, Seen
from nipsys.effects.disk.portable import LOOK
from nipsys.model.digest import Digest, blake3_of
from nipsys.model.event import Advanced, Began, Ended, Report, silent
from nipsys.model.system.tree import Directory, Entry, File, Link, Tree
from nipsys.model.value import Frozen
from nipsys.store.ingest.scan import alike
from nipsys.store.paths import manifest_path, tree_path
from nipsys.store.trees import Store

_LARGE = 1 << 20
"""Bytes from which hashing with several threads pays off."""

_KINDS = {File: "file", Link: "link", Directory: "directory"}

State = Literal["VERIFIED", "MODIFIED", "MISSING", "UNKNOWN"]


class Checked(Frozen):
    """The result for one tree."""

    directory: str
    state: State
    """``UNKNOWN``: it has no readable manifest, or not the expected one."""
    paths: tuple[str, ...] = ()
    """For ``MODIFIED``: the paths that are changed, missing or extra, sorted."""
    reasons: tuple[str, ...] = ()
    """``changed``, ``missing`` or ``extra``, for each path."""


def verify(
    store: Store,
    directories: Iterable[str] | None = None,
    *,
    expected: Mapping[str, Digest] | None = None,
    quick: bool = False,
    report: Report = silent,
) -> tuple[Checked, ...]:
    """Compare trees with their manifests; by default all trees that exist or are expected.

    One thread reads ahead, across trees, while another hashes; large files are hashed by all processors.

    ``expected`` maps directories to the digests of their manifests, as a generation records them. ``quick`` compares sizes, times and
    modes instead of the bytes.
    """
    wanted = expected or {}
    chosen = sorted({*store.directories(), *wanted} if directories is None else set(directories))
    report(Began("verify", len(chosen)))
    found = []
    trees = (_begun(store.disk, directory, wanted.get(directory)) for directory in chosen)
    for checked in _checked(trees, store.disk, quick=quick):
        found.append(checked)
        report(Advanced("verify", 1, checked.directory))
    report(Ended("verify"))
    return tuple(found)


class _Looking:
    """A tree whose names have been compared with its manifest, and whose files are to be compared next."""

    def __init__(self, directory: str, state: State = "VERIFIED") -> None:
        self.directory = directory
        self.state = state
        self.files: deque[File] = deque()
        """Files that exist and have not been compared yet."""
        self.wrong: dict[str, str] = {}

    def take(self, seen: Seen | None, digest: str) -> None:
        """Compare the next file with what was seen of it (``""`` matches any digest)."""
        entry = self.files.popleft()
        if seen is None or not alike(entry, seen) or digest not in ("", entry.digest):
            self.wrong[entry.path] = "changed"

    def checked(self) -> Checked:
        """Return the result."""
        paths = tuple(sorted(self.wrong))
        return Checked(self.directory, "MODIFIED" if paths else self.state, paths, tuple(self.wrong[path] for path in paths))


def _checked(trees: Iterable[_Looking], disk: Disk, *, quick: bool) -> Iterator[Checked]:
    """Compare the files of all trees in one stream."""
    ahead: deque[_Looking] = deque()

    def wanted() -> Iterator[tuple[str, int]]:
        for tree in trees:
            ahead.append(tree)
            above = tree_path(tree.directory)
            for entry in tuple(tree.files):
                yield f"{above}/{entry.path}", LOOK if quick else entry.size

    for seen, data in disk.examine_all(wanted()):
        while not ahead[0].files:
            yield ahead.popleft().checked()
        ahead[0].take(seen, "" if quick else _digest(data))
    while ahead:
        yield ahead.popleft().checked()


def _begun(disk: Disk, directory: str, expected: Digest | None) -> _Looking:
    """Compare the names of one tree with its manifest."""
    seen = disk.look(tree_path(directory))
    if seen is None or seen.kind != "directory":
        return _Looking(directory, "MISSING")
    try:
        text = bytes(disk.read(manifest_path(directory)))
        tree = Tree.parse(text)
    except (FileNotFoundError, ValueError):
        return _Looking(directory, "UNKNOWN")
    if expected is not None and blake3_of(text) != expected:
        return _Looking(directory, "UNKNOWN")
    looking = _Looking(directory)
    inner = disk.within(tree_path(directory))
    try:
        known = {entry.path: entry for entry in tree.entries}
        there = _listing(inner, known)
        for path, entry in known.items():
            kind = there.pop(path, None)
            if kind is None:
                looking.wrong[path] = "missing"
            elif kind != _KINDS[type(entry)] or (isinstance(entry, Link) and inner.target(path) != entry.target):
                looking.wrong[path] = "changed"
            elif isinstance(entry, File):
                looking.files.append(entry)
    finally:
        inner.close()
    looking.wrong.update(dict.fromkeys(there, "extra"))
    return looking


def _listing(disk: Disk, known: Mapping[str, Entry]) -> dict[str, str]:
    """Return the kinds of all paths below the disk's directory; directories that are not in ``known`` are not entered."""
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


def digest_of_file(disk: Disk, path: str) -> str:
    """Return the BLAKE3 of a file's content, in hex."""
    return _digest(disk.read(path))


def _digest(data: Buffer) -> str:
    if len(data) < _LARGE:
        return blake3(data).hexdigest()
    return blake3(data, max_threads=blake3.AUTO).hexdigest()
