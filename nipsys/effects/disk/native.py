"""The disk's busy work by a small library in C, where one was compiled: the same as ``disk_plain``, some times faster.

While it works, Python's own lock is free: another thread decompresses or hashes. ``native/disk.c`` says what each call does.
"""

import ctypes
import errno
import os
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial

from nipsys.effects.disk import portable as disk_plain
from nipsys.effects.disk.port import Buffer, Disk, Effect, Seen, kind_of
from nipsys.effects.disk.portable import LOOK, UNREADABLE
from nipsys.effects.threads.pool import Crew, Task

LIBRARY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "native", "bin", f"disk-{os.uname().machine}.so")
"""Where the package was built with a C compiler, the library stands here."""

_VERBS = {"mkdir": 0, "write": 1, "symlink": 2, "link": 3}
_NO_TIME = -(1 << 63)
_ROOM = 2 << 20
"""Bytes read by one call: enough to be worth it, and still in the processor's cache when they are hashed."""
_LARGE = 1 << 20
"""Files from this size on are left to a mapping."""
_MANY = 1024
"""Files read by one call."""
_HERE = -100
"""The working directory, to the kernel."""
_FOUND = struct.Struct("=6q")


class NativeDisk:
    """The compiled library; see ``library``."""

    def __init__(self, path: str) -> None:
        """Load it; ``OSError`` when it is not there or this kernel does not know its calls."""
        self._make, self._read = ctypes.PyDLL(path).nipsys_make_lent, ctypes.CDLL(path).nipsys_read
        self._make.restype, self._read.restype = ctypes.c_int, None
        if self._examine(_HERE, [(".", LOOK)], bytearray(1))[0][0]:
            raise OSError(errno.ENOSYS, "statx is not allowed here", path)

    def perform(self, top: int, effects: Sequence[Effect], *, masked: bool) -> None:
        """Do ``effects`` in the open directory ``top``; ``OSError`` names the path of the first that the kernel refused."""
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
        """Return what ``disk_plain.examine_all`` gives; a thread reads the next files while the caller looks at these.

        ``large``, the same directory, reads what is too large for this.
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
        """Read files into ``room``, one after the other; give errno, mode, size, time, inode and number of links of each."""
        sizes = array("q", [size if size < _LARGE else LOOK for _, size in wanted])
        if sum(sizes) > len(room):
            raise ValueError("more bytes than there is room for")
        found = array("q", bytes(_FOUND.size * len(wanted)))
        lent = (ctypes.c_char * len(room)).from_buffer(room)
        self._read(top, ctypes.c_int64(len(wanted)), _terminated([path for path, _ in wanted]), _address(sizes), lent, _address(found))
        return list(_FOUND.iter_unpack(found))


def _cut(batch: list[tuple[str, int]], room: bytearray, reading: Task, large: Disk) -> Iterator[tuple[Seen | None, Buffer]]:
    """Wait for what is being read into ``room`` and give it file by file."""
    found: list[tuple[int, ...]] = reading.result()
    view, at = memoryview(room), 0
    for (path, wanted), (error, mode, size, mtime, inode, links) in zip(batch, found, strict=True):
        kind = kind_of(mode)
        if error:
            if error not in UNREADABLE:
                raise OSError(error, os.strerror(error), path)
            yield None, b""
        elif kind == "file" and size == wanted >= _LARGE:
            yield from disk_plain.examine_all(large, ((path, wanted),))
        else:
            yield Seen(kind, size, mtime, mode & 0o7777, inode, links), view[at : at + size] if kind == "file" and size == wanted else b""
        at += _needed(wanted)


@cache
def library() -> NativeDisk | None:
    """Return the library, loaded once; ``None`` where there is none.

    ``NIPSYS_NATIVE`` names another one, or ``off`` for none.
    """
    chosen = os.environ.get("NIPSYS_NATIVE", LIBRARY)
    if chosen == "off":
        return None
    try:
        return NativeDisk(chosen)
    except (OSError, AttributeError):
        return None


def _batches(wanted: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    """Cut files into parts that fit into one room."""
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
    """Join names for C; a zero byte inside one would move all others."""
    joined = os.fsencode("\0".join((*names, "")))
    if joined.count(0) != len(names):
        raise ValueError("embedded null byte")
    return joined


def _address(numbers: "array[int]") -> ctypes.c_void_p:
    return ctypes.c_void_p(numbers.buffer_info()[0])
