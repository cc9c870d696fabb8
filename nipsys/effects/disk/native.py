"""Bulk writes and reads by a small C library, where one was compiled: same behaviour as ``portable``, several times faster.

While it works the GIL is released, so another thread can decompress or hash. ``native/disk.c`` describes each call.
"""

import ctypes
import errno
import os
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial

from nipsys.effects.disk import portable
from nipsys.effects.disk.port import Buffer, Disk, Effect, Seen, kind_of
from nipsys.effects.disk.portable import LOOK, UNREADABLE
from nipsys.effects.threads.pool import Crew, Task

LIBRARY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "native", "bin", f"disk-{os.uname().machine}.so")
"""Path of the library when the package was built with a C compiler."""

_VERBS = {"mkdir": 0, "write": 1, "symlink": 2, "link": 3}
_NO_TIME = -(1 << 63)
_ROOM = 2 << 20
"""Bytes read by one call: enough to pay for the call, few enough to be still in the processor's cache when they are hashed."""
_LARGE = 1 << 20
"""Files of this size (bytes) or more are memory-mapped instead."""
_MANY = 1024
"""Most files read by one call."""
_HERE = -100
"""``AT_FDCWD``: the working directory."""
_FOUND = struct.Struct("=6q")


class NativeDisk:
    """The compiled library."""

    def __init__(self, path: str) -> None:
        """Load it; ``OSError`` when it is missing or this kernel lacks the system calls it needs."""
        self._make, self._read = ctypes.PyDLL(path).nipsys_make_lent, ctypes.CDLL(path).nipsys_read
        self._make.restype, self._read.restype = ctypes.c_int, None
        if self._examine(_HERE, [(".", LOOK)], bytearray(1))[0][0]:
            raise OSError(errno.ENOSYS, "statx is not allowed here", path)

    def perform(self, top: int, effects: Sequence[Effect], *, masked: bool) -> None:
        """Do ``effects`` in the open directory ``top``; ``OSError`` names the path of the first that failed."""
        facts, names, parts = array("q"), list[str](), list[Buffer]()
        for verb, path, data, mode, mtime, target in effects:
            facts.extend((_VERBS[verb], mode, _NO_TIME if mtime is None else mtime))
            names += (path, target)
            parts.append(data)
        text, failed = _terminated(names), ctypes.c_int64()
        error = self._make(top, ctypes.c_int64(len(effects)), _address(facts), text, ctypes.py_object(parts), masked, ctypes.byref(failed))
        if error:
            raise OSError(error, os.strerror(error), effects[failed.value].path)

    def examine_all(self, top: int, wanted: Iterable[tuple[str, int]], large: Disk) -> Iterator[tuple[Seen | None, Buffer]]:
        """Yield what ``portable.examine_all`` yields; a thread reads the next files while the caller processes the current ones.

        ``large`` is the same directory as a disk; it reads the files that are memory-mapped.
        """
        free, ahead, reader = [bytearray(_ROOM), bytearray(_ROOM)], None, Crew(1)
        try:
            for batch in _batches(wanted):
                room = free.pop()
                following = (batch, room, reader.begin(partial(self._examine, top, batch, room)))
                if ahead is not None:
                    yield from _cut(*ahead, large)
                    free.append(ahead[1])
                ahead = following
            if ahead is not None:
                yield from _cut(*ahead, large)
        finally:
            reader.dismiss()

    def _examine(self, top: int, wanted: Sequence[tuple[str, int]], room: bytearray) -> list[tuple[int, ...]]:
        """Read files into ``room``, one after the other; return errno, mode, size, mtime, inode and number of links of each."""
        sizes = array("q", [size if size < _LARGE else LOOK for _, size in wanted])
        if sum(sizes) > len(room):
            raise ValueError("the files do not fit into the buffer")
        found = array("q", bytes(_FOUND.size * len(wanted)))
        lent = (ctypes.c_char * len(room)).from_buffer(room)
        self._read(top, ctypes.c_int64(len(wanted)), _terminated([path for path, _ in wanted]), _address(sizes), lent, _address(found))
        return list(_FOUND.iter_unpack(found))


def _cut(batch: list[tuple[str, int]], room: bytearray, reading: Task, large: Disk) -> Iterator[tuple[Seen | None, Buffer]]:
    """Wait until ``room`` is filled and yield its content file by file."""
    found: list[tuple[int, ...]] = reading.result()
    view, at = memoryview(room), 0
    for (path, wanted), (error, mode, size, mtime, inode, links) in zip(batch, found, strict=True):
        kind = kind_of(mode)
        if error:
            if error not in UNREADABLE:
                raise OSError(error, os.strerror(error), path)
            yield None, b""
        elif kind == "file" and size == wanted >= _LARGE:
            yield from portable.examine_all(large, ((path, wanted),))
        else:
            yield Seen(kind, size, mtime, mode & 0o7777, inode, links), view[at : at + size] if kind == "file" and size == wanted else b""
        at += _needed(wanted)


@cache
def library() -> NativeDisk | None:
    """Load the library, once; ``None`` when there is none that works here.

    The environment variable ``NIPSYS_NATIVE`` names another one, or is ``off`` to use none.
    """
    chosen = os.environ.get("NIPSYS_NATIVE", LIBRARY)
    if chosen == "off":
        return None
    try:
        return NativeDisk(chosen)
    except (OSError, AttributeError):
        return None


def _batches(wanted: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    """Group files into batches that each fit into one buffer."""
    batch: list[tuple[str, int]] = []
    room = _ROOM
    for path, size in wanted:
        needed = _needed(size)
        if batch and (needed > room or len(batch) == _MANY):
            yield batch
            batch, room = [], _ROOM
        batch.append((path, size))
        room -= needed
    if batch:
        yield batch


def _needed(size: int) -> int:
    return size if 0 < size < _LARGE else 0


def _terminated(names: list[str]) -> bytes:
    """Join names for C, each ended by a zero byte; ``ValueError`` for a zero byte inside a name, which would shift all later ones."""
    joined = os.fsencode("\0".join((*names, "")))
    if joined.count(0) != len(names):
        raise ValueError("embedded null byte")
    return joined


def _address(numbers: "array[int]") -> ctypes.c_void_p:
    return ctypes.c_void_p(numbers.buffer_info()[0])
