"""Verification: compare every tree with its manifest and name the paths that differ."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from blake3 import blake3

from nipsys.effects.disk import STATUS_ONLY, Buffer, Disk, FileStatus
from nipsys.model import Advanced, Began, Digest, Ended, Frozen, Reporter, blake3_of, ignore_event
from nipsys.model.system import Directory, Entry, File, Link, Tree
from nipsys.store.ingest import is_unchanged
from nipsys.store.paths import manifest_path, tree_path
from nipsys.store.trees import Store

_LARGE = 1 << 20
"""Bytes from which hashing with several threads pays off."""

_KINDS = {File: "file", Link: "link", Directory: "directory"}

State = Literal["VERIFIED", "MODIFIED", "MISSING", "UNKNOWN"]


class TreeReport(Frozen):
    """The result for one tree."""

    directory: str
    state: State
    """``UNKNOWN``: it has no readable manifest, or not the expected one."""
    paths: tuple[str, ...] = ()
    """For ``MODIFIED``: the paths that are changed, missing or extra, sorted."""
    reasons: tuple[str, ...] = ()
    """``changed``, ``missing`` or ``extra``, for each path."""


def verify_trees(
    store: Store,
    directories: Iterable[str] | None = None,
    *,
    expected: Mapping[str, Digest] | None = None,
    quick: bool = False,
    report: Reporter = ignore_event,
) -> tuple[TreeReport, ...]:
    """Compare trees with their manifests; by default all trees that exist or are expected.

    One thread reads ahead, across trees, while another hashes; large files are hashed by all processors.

    ``expected`` maps directories to the digests of their manifests, as a generation records them. ``quick`` compares sizes, times and
    modes instead of the bytes.
    """
    wanted = expected or {}
    chosen = sorted({*store.list_directories(), *wanted} if directories is None else set(directories))
    report(Began("verify", len(chosen)))
    found = []
    trees = (_compare_names(store.disk, directory, wanted.get(directory)) for directory in chosen)
    for checked in _examine(trees, store.disk, quick=quick):
        found.append(checked)
        report(Advanced("verify", 1, checked.directory))
    report(Ended("verify"))
    return tuple(found)


class _Examination:
    """A tree whose names have been compared with its manifest, and whose files are to be compared next."""

    def __init__(self, directory: str, state: State = "VERIFIED") -> None:
        self.directory = directory
        self.state = state
        self.files: deque[File] = deque()
        """Files that exist and have not been compared yet."""
        self.wrong: dict[str, str] = {}

    def compare(self, seen: FileStatus | None, digest: str) -> None:
        """Compare the next file with what was seen of it (``""`` matches any digest)."""
        entry = self.files.popleft()
        if seen is None or not is_unchanged(entry, seen) or digest not in ("", entry.digest):
            self.wrong[entry.path] = "changed"

    def to_report(self) -> TreeReport:
        """Return the result."""
        paths = tuple(sorted(self.wrong))
        return TreeReport(self.directory, "MODIFIED" if paths else self.state, paths, tuple(self.wrong[path] for path in paths))


def _examine(trees: Iterable[_Examination], disk: Disk, *, quick: bool) -> Iterator[TreeReport]:
    """Compare the files of all trees in one stream."""
    ahead: deque[_Examination] = deque()

    def wanted() -> Iterator[tuple[str, int]]:
        for tree in trees:
            ahead.append(tree)
            above = tree_path(tree.directory)
            for entry in tuple(tree.files):
                yield f"{above}/{entry.path}", STATUS_ONLY if quick else entry.size

    for seen, data in disk.examine_all(wanted()):
        while not ahead[0].files:
            yield ahead.popleft().to_report()
        ahead[0].compare(seen, "" if quick else _hash_data(data))
    while ahead:
        yield ahead.popleft().to_report()


def _compare_names(disk: Disk, directory: str, expected: Digest | None) -> _Examination:
    """Compare the names of one tree with its manifest."""
    seen = disk.lstat(tree_path(directory))
    if seen is None or seen.kind != "directory":
        return _Examination(directory, "MISSING")
    try:
        text = bytes(disk.read(manifest_path(directory)))
        tree = Tree.parse(text)
    except (FileNotFoundError, ValueError):
        return _Examination(directory, "UNKNOWN")
    if expected is not None and blake3_of(text) != expected:
        return _Examination(directory, "UNKNOWN")
    looking = _Examination(directory)
    inner = disk.open_directory(tree_path(directory))
    try:
        known = {entry.path: entry for entry in tree.entries}
        there = _list_entries(inner, known)
        for path, entry in known.items():
            kind = there.pop(path, None)
            if kind is None:
                looking.wrong[path] = "missing"
            elif kind != _KINDS[type(entry)] or (isinstance(entry, Link) and inner.readlink(path) != entry.target):
                looking.wrong[path] = "changed"
            elif isinstance(entry, File):
                looking.files.append(entry)
    finally:
        inner.close()
    looking.wrong.update(dict.fromkeys(there, "extra"))
    return looking


def _list_entries(disk: Disk, known: Mapping[str, Entry]) -> dict[str, str]:
    """Return the kinds of all paths below the disk's directory; directories that are not in ``known`` are not entered."""
    found: dict[str, str] = {}
    ahead = [""]
    while ahead:
        directory = ahead.pop()
        for name, kind in disk.list_entries(directory):
            path = f"{directory}/{name}" if directory else name
            found[path] = kind
            if kind == "directory" and type(known.get(path)) is Directory:
                ahead.append(path)
    return found


def hash_file(disk: Disk, path: str) -> str:
    """Return the BLAKE3 of a file's content, in hex."""
    return _hash_data(disk.read(path))


def _hash_data(data: Buffer) -> str:
    if len(data) < _LARGE:
        return blake3(data).hexdigest()
    return blake3(data, max_threads=blake3.AUTO).hexdigest()
