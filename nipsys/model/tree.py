"""A directory as a value: what stands where, with digests; its own digest is its name in the store."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from nipsys.model.digest import Digest, blake3_of, canonical, short


class File(NamedTuple):
    """A regular file."""

    path: str
    """Relative, ``/``-separated, normalised: no empty, ``.`` or ``..`` part."""
    digest: str
    """64 hex digits of BLAKE3 of the content."""
    size: int
    executable: bool
    mtime: int
    """Whole seconds; kept because programs compare ages of files (guile, make)."""


class Link(NamedTuple):
    """A symbolic link."""

    path: str
    target: str


class Directory(NamedTuple):
    """A directory; listed so that empty ones survive."""

    path: str


Entry = File | Link | Directory


@dataclass(frozen=True, slots=True)
class Tree:
    """The canonical manifest of an immutable directory.

    Canonical text: one JSON array a line, ``["f",path,digest,size,executable,mtime]``, ``["l",path,target]``,
    ``["d",path]``, sorted by the bytes of ``path``. The tree's digest is BLAKE3 of that text.
    """

    entries: tuple[Entry, ...]

    @staticmethod
    def of(entries: Iterable[Entry]) -> "Tree":
        """Sort entries into the one order; the caller has made sure that no path comes twice."""
        return Tree(tuple(sorted(entries, key=lambda entry: entry.path.encode("utf-8", "surrogateescape"))))

    def text(self) -> bytes:
        """Give the canonical text."""
        return b"".join(canonical(_row(entry)) + b"\n" for entry in self.entries)

    def digest(self) -> Digest:
        """Give the tree's name: ``blake3:<hex>`` of the canonical text."""
        return blake3_of(self.text())

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries if isinstance(entry, File))


def _row(entry: Entry) -> list[str | int | bool]:
    match entry:
        case File():
            return ["f", *entry]
        case Link():
            return ["l", *entry]
        case Directory():
            return ["d", *entry]


@dataclass(frozen=True, slots=True)
class TreeName:
    """A tree in the store: what it is called and by whom."""

    digest: Digest
    name: str
    version: str

    @property
    def directory(self) -> str:
        """Directory below ``store/``: ``<26 base-32>-<name>-<version>``, safe in PATH lists and shebangs."""
        label = f"{self.name}-{self.version}".replace(":", "=").replace("/", "_")
        return f"{short(self.digest)}-{label}"[:120]
