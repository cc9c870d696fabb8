"""A directory as a value: all its entries with their digests; its own digest is its name in the store."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from nipsys.model.digest import Digest, blake3_of, make_json_quoter, shorten_digest
from nipsys.model.value import Frozen


class File(NamedTuple):
    """A regular file."""

    path: str
    """Relative, ``/``-separated, normalised: no empty, ``.`` or ``..`` component."""
    digest: str
    """BLAKE3 of the content, 64 hex digits."""
    size: int
    executable: bool
    mtime: int
    """Whole seconds; kept because some programs compare the ages of files (guile, make)."""


class Link(NamedTuple):
    """A symbolic link."""

    path: str
    target: str


class Directory(NamedTuple):
    """A directory; listed so that empty ones are kept."""

    path: str


Entry = File | Link | Directory


class Tree(Frozen):
    """The canonical manifest of an immutable directory.

    Canonical text: one JSON array per line, ``["f",path,digest,size,executable,mtime]``, ``["l",path,target]``,
    ``["d",path]``, sorted by the bytes of ``path``. The digest of the tree is BLAKE3 of that text.
    """

    entries: tuple[Entry, ...]

    @staticmethod
    def from_entries(entries: Iterable[Entry]) -> "Tree":
        """Return the tree of ``entries``, sorted; the caller ensures that no path is duplicate."""
        return Tree(tuple(sorted(entries, key=lambda entry: entry.path.encode("utf-8", "surrogateescape"))))

    def to_text(self) -> bytes:
        """Return the canonical text."""
        return _format_entries(self.entries)

    @staticmethod
    def parse(text: bytes) -> "Tree":
        """Parse a canonical text; raise ``ValueError`` when it is invalid."""
        import json  # noqa: PLC0415 - loads `re`, which writing a tree does not need

        lines = [text.rstrip(b"\n").replace(b"\n", b",")] if text.isascii() else text.splitlines()
        rows = chain.from_iterable(json.loads("[" + line.decode("utf-8", "surrogateescape") + "]") for line in lines)
        return Tree(tuple(_parse_entry(row) for row in rows))

    def digest(self) -> Digest:
        """Return the digest of the tree: ``blake3:<hex>`` of the canonical text."""
        return blake3_of(self.to_text())

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries if isinstance(entry, File))


def _format_entries(entries: Sequence[Entry]) -> bytes:
    """Write rows as ``canonical`` does; formatted by hand, because a system has a hundred thousand of them."""
    rows = []
    quoted = make_json_quoter(
        chain.from_iterable((entry.path, entry.target) if isinstance(entry, Link) else (entry.path,) for entry in entries)
    )
    for entry in entries:
        if isinstance(entry, File):
            path, digest, size, executable, mtime = entry
            rows.append(f'["f",{quoted(path)},"{digest}",{size},{"true" if executable else "false"},{mtime}]\n')
        elif isinstance(entry, Link):
            rows.append(f'["l",{quoted(entry.path)},{quoted(entry.target)}]\n')
        else:
            rows.append(f'["d",{quoted(entry.path)}]\n')
    return "".join(rows).encode("utf-8", "surrogateescape")


def _parse_entry(row: list[object]) -> Entry:
    if len(row) == 6 and row[0] == "f":
        _, path, digest, size, executable, mtime = row
        if type(path) is type(digest) is str and type(size) is type(mtime) is int and type(executable) is bool:
            return File(path, digest, size, executable, mtime)
    match row:
        case ["l", str(path), str(target)]:
            return Link(path, target)
        case ["d", str(path)]:
            return Directory(path)
    message = f"invalid row of a manifest: {row!r}"
    raise ValueError(message)


class TreeName(Frozen):
    """The name of a tree in the store."""

    digest: Digest
    name: str
    version: str

    @property
    def directory(self) -> str:
        """Directory below ``store/``: ``<26 base-32>-<name>-<version>``, safe in PATH lists and shebangs."""
        label = f"{self.name}-{self.version}".replace(":", "=").replace("/", "_")
        return f"{shorten_digest(self.digest)}-{label}"[:120]


class NamedTree(NamedTuple):
    """A tree of the store: its name and what is in it."""

    name: TreeName
    tree: Tree
