"""Bulk writes and reads by a small C library, where one was compiled: same behaviour as ``portable``, several times faster.

While it works the GIL is released, so another thread can decompress or hash. ``native/disk.c`` describes each call.
"""

import ctypes
import errno
import os
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nipsys.effects.disk import portable
from nipsys.effects.disk.port import STATUS_ONLY, Buffer, Disk, Effect, FileStatus, kind_of
from nipsys.effects.disk.portable import UNREADABLE

if TYPE_CHECKING:
    from concurrent.futures import Future

_VERBS = {"mkdir": 0, "write": 1, "symlink": 2, "link": 3}
_NO_TIME = -(1 << 63)
_BUFFER_SIZE = 2 << 20
"""Bytes read by one call: enough to pay for the call, few enough to be still in the processor's cache when they are hashed."""
_MAPPED_FROM = 1 << 20
"""Files of this size (bytes) or more are memory-mapped instead."""
_MAX_FILES = 1024
"""Most files read by one call."""
_WORKING_DIRECTORY = -100
"""``AT_FDCWD``: the working directory."""
_STATUS_ROW = struct.Struct("=6q")


class DiskLibrary:
    """The compiled library."""

    def __init__(self, path: str) -> None:
        """Load it; ``OSError`` when it is missing or this kernel lacks the system calls it needs."""
        self._make, self._read = ctypes.PyDLL(path).nipsys_make_lent, ctypes.CDLL(path).nipsys_read
        self._make.restype, self._read.restype = ctypes.c_int, None
        if self._examine(_WORKING_DIRECTORY, [(".", STATUS_ONLY)], bytearray(1))[0][0]:
            raise OSError(errno.ENOSYS, "statx is not allowed here", path)

    def perform(self, top: int, effects: Sequence[Effect], *, masked: bool) -> None:
        """Do ``effects`` in the open directory ``top``; ``OSError`` names the path of the first that failed."""
        facts, names, parts = array("q"), list[str](), list[Buffer]()
        for verb, path, data, mode, mtime, target in effects:
            facts.extend((_VERBS[verb], mode, _NO_TIME if mtime is None else mtime))
            names += (path, target)
            parts.append(data)
        text, failed = _join_names(names), ctypes.c_int64()
        error = self._make(
            top, ctypes.c_int64(len(effects)), _address_of(facts), text, ctypes.py_object(parts), masked, ctypes.byref(failed)
        )
        if error:
            raise OSError(error, os.strerror(error), effects[failed.value].path)

    def examine_all(self, top: int, wanted: Iterable[tuple[str, int]], large: Disk) -> Iterator[tuple[FileStatus | None, Buffer]]:
        """Yield what ``portable.examine_all`` yields; a thread reads the next files while the caller processes the current ones.

        ``large`` is the same directory as a disk; it reads the files that are memory-mapped.
        """
        from nipsys.effects.threads import start_pool  # noqa: PLC0415 - few commands read many files

        free, ahead, reader = [bytearray(_BUFFER_SIZE), bytearray(_BUFFER_SIZE)], None, start_pool(1)
        try:
            for batch in _iter_batches(wanted):
                buffer = free.pop()
                following = (batch, buffer, reader.submit(self._examine, top, batch, buffer))
                if ahead is not None:
                    yield from _split_files(*ahead, large)
                    free.append(ahead[1])
                ahead = following
            if ahead is not None:
                yield from _split_files(*ahead, large)
        finally:
            reader.shutdown(cancel_futures=True)

    def _examine(self, top: int, wanted: Sequence[tuple[str, int]], buffer: bytearray) -> list[tuple[int, ...]]:
        """Read files into ``buffer``, one after the other; return errno, mode, size, mtime, inode and number of links of each."""
        sizes = array("q", [size if size < _MAPPED_FROM else STATUS_ONLY for _, size in wanted])
        if sum(sizes) > len(buffer):
            raise ValueError("the files do not fit into the buffer")
        found = array("q", bytes(_STATUS_ROW.size * len(wanted)))
        lent = (ctypes.c_char * len(buffer)).from_buffer(buffer)
        self._read(
            top, ctypes.c_int64(len(wanted)), _join_names([path for path, _ in wanted]), _address_of(sizes), lent, _address_of(found)
        )
        return list(_STATUS_ROW.iter_unpack(found))


def _split_files(
    batch: list[tuple[str, int]], buffer: bytearray, reading: "Future[list[tuple[int, ...]]]", large: Disk
) -> Iterator[tuple[FileStatus | None, Buffer]]:
    """Wait until ``buffer`` is filled and yield its content file by file."""
    found, view, at = reading.result(), memoryview(buffer), 0
    for (path, wanted), (error, mode, size, mtime, inode, links) in zip(batch, found, strict=True):
        kind = kind_of(mode)
        if error:
            if error not in UNREADABLE:
                raise OSError(error, os.strerror(error), path)
            yield None, b""
        elif kind == "file" and size == wanted >= _MAPPED_FROM:
            yield from portable.examine_all(large, ((path, wanted),))
        else:
            yield (
                FileStatus(kind, size, mtime, mode & 0o7777, inode, links),
                view[at : at + size] if kind == "file" and size == wanted else b"",
            )
        at += _buffered_size(wanted)


def _iter_batches(wanted: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    """Group files into batches that each fit into one buffer."""
    batch: list[tuple[str, int]] = []
    room = _BUFFER_SIZE
    for path, size in wanted:
        needed = _buffered_size(size)
        if batch and (needed > room or len(batch) == _MAX_FILES):
            yield batch
            batch, room = [], _BUFFER_SIZE
        batch.append((path, size))
        room -= needed
    if batch:
        yield batch


def _buffered_size(size: int) -> int:
    return size if 0 < size < _MAPPED_FROM else 0


def _join_names(names: list[str]) -> bytes:
    """Join names for C, each ended by a zero byte; ``ValueError`` for a zero byte inside a name, which would shift all later ones."""
    joined = os.fsencode("\0".join((*names, "")))
    if joined.count(0) != len(names):
        raise ValueError("embedded null byte")
    return joined


def _address_of(numbers: "array[int]") -> ctypes.c_void_p:
    return ctypes.c_void_p(numbers.buffer_info()[0])
