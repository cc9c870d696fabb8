"""Bulk operations in pure Python: one after the other, by a disk's own methods."""

import errno
from collections.abc import Iterable, Iterator

from nipsys.effects.disk.port import Buffer, Disk, Effect, FileStatus

_OF_ONE_FILE = ("ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "EISDIR", "EACCES", "EPERM", "EIO", "EBADMSG", "EUCLEAN")
UNREADABLE = frozenset(getattr(errno, name) for name in _OF_ONE_FILE)
"""Errors that concern one file only; any other error is raised."""


def perform(disk: Disk, effects: Iterable[Effect]) -> None:
    """Do effects in their order; ``OSError`` names the path of the first that failed."""
    for verb, path, data, mode, mtime, target in effects:
        try:
            match verb:
                case "mkdir":
                    disk.mkdir(path)
                case "write":
                    disk.write(path, (data,), mode, mtime)
                case "symlink":
                    disk.symlink(target, path)
                case "link":
                    disk.link(disk, target, path)
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from error


def examine_all(disk: Disk, wanted: Iterable[tuple[str, int]]) -> Iterator[tuple[FileStatus | None, Buffer]]:
    """Yield the status of each file, and its bytes when it has the expected size; ``None`` for a status that cannot be read."""
    for path, size in wanted:
        try:
            seen = disk.lstat(path)
            data: Buffer = b""
            if seen is not None and seen.kind == "file" and seen.size == size:
                seen, data = disk.examine(path)
        except OSError as error:
            if error.errno not in UNREADABLE:
                raise
            seen, data = None, b""
        yield seen, data
