"""The disk port: the few operations by which nipsys changes and reads a root, and the contract that every disk keeps.

Every change is one effect that either happened or did not. ``real`` is the disk of the file system. In the crash matrix two other disks
replace it: one that dies at its n-th effect (``faulty``) and one that loses what was not synced (``simulated``). Paths are relative to the
disk's own directory, ``/``-separated, without ``..``. Errors are the kernel's ``OSError``.
"""

import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    import mmap

    Buffer = bytes | memoryview | mmap.mmap
else:
    Buffer = bytes | memoryview
Kind = Literal["file", "link", "directory", "other"]

STATUS_ONLY = -1
"""Instead of a size: return the status only, do not read the file."""


class FileStatus(NamedTuple):
    """The status of one path, links not followed."""

    kind: Kind
    size: int
    mtime: int
    """Whole seconds."""
    mode: int
    """Permission bits."""
    inode: int
    links: int
    """Number of hard links of the inode."""


class Effect(NamedTuple):
    """One effect as a value, so that many can be done by one call."""

    verb: Literal["mkdir", "write", "symlink", "link"]
    path: str
    data: Buffer = b""
    """Content of a file."""
    mode: int = 0o444
    mtime: int | None = None
    target: str = ""
    """Target of a symbolic link; for ``link`` the file of the same disk that gets a second name."""


class Disk(Protocol):
    """A directory and everything below it."""

    def open_directory(self, path: str) -> Self:
        """Return the disk of a directory below this one, so that hot loops use short paths. Close it after use."""

    def close(self) -> None:
        """Close the directory."""

    def mkdir(self, path: str) -> None:
        """Create a directory."""

    def write(self, path: str, data: Iterable[Buffer], mode: int = 0o444, mtime: int | None = None) -> None:
        """Create a new file from the given parts, permission bits and mtime (whole seconds)."""

    def append(self, path: str, data: bytes) -> None:
        """Append to a file, created if missing, and sync the file."""

    def symlink(self, target: str, path: str) -> None:
        """Create a symbolic link."""

    def link(self, origin: Self, source: str, path: str) -> None:
        """Create a hard link here to the file ``source`` of the disk ``origin``."""

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do many effects in their order, each as its own method does it; ``OSError`` names the path of the first that failed.

        Effects after that one are not done.
        """

    def rename(self, source: str, path: str) -> None:
        """Rename, replacing ``path`` atomically."""

    def exchange(self, first: str, second: str) -> None:
        """Swap two names atomically; ``OSError`` EINVAL where the file system cannot."""

    def remove(self, path: str) -> None:
        """Remove a file, a link or an empty directory."""

    def sync(self) -> None:
        """Make everything written to this file system durable, or raise."""

    def sync_directory(self, path: str = "") -> None:
        """Make the names in one directory durable, or raise."""

    def read(self, path: str) -> Buffer:
        """Return a file's bytes (mapped when large)."""

    def examine(self, path: str) -> tuple[FileStatus, Buffer]:
        """Return a file's status and bytes."""

    def examine_all(self, wanted: Iterable[tuple[str, int]]) -> Iterator[tuple[FileStatus | None, Buffer]]:
        """Yield status and bytes of many files in their order; ``None`` for a status that cannot be read.

        Each path comes with its expected size: the bytes are empty for a file of another size, and for the size ``STATUS_ONLY``.
        Bytes are valid until the next file is drawn.
        """

    def list_entries(self, path: str = "") -> list[tuple[str, Kind]]:
        """List a directory, in no particular order."""

    def readlink(self, path: str) -> str:
        """Return a symbolic link's target."""

    def lstat(self, path: str) -> FileStatus | None:
        """Return the status of a path, links not followed; ``None`` when it does not exist."""


def remove_tree(disk: Disk, path: str) -> None:
    """Remove ``path`` and everything below it, without recursion; a missing path is not an error."""
    seen = disk.lstat(path)
    if seen is None:
        return
    if seen.kind != "directory":
        disk.remove(path)
        return
    ahead, behind = [path], []
    while ahead:
        directory = ahead.pop()
        behind.append(directory)
        for name, kind in disk.list_entries(directory):
            if kind == "directory":
                ahead.append(f"{directory}/{name}")
            else:
                disk.remove(f"{directory}/{name}")
    for directory in reversed(behind):
        disk.remove(directory)


_KINDS: dict[int, Kind] = {stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFDIR: "directory"}


def kind_of(mode: int) -> Kind:
    """Return the kind of a file from its ``st_mode``."""
    return _KINDS.get(mode & 0o170000, "other")
