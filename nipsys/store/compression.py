"""Compressed streams told by their first bytes: gzip, xz, lzma, bzip2, zstd or none; memory and output bounded."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol, cast

from nipsys.store.member import Limits, damaged
from nipsys.store.window import Meter

_PART = 1 << 20
_MEMORY = 1 << 28
"""Bytes a decompressor may use: xz -9 takes 65 MiB, zstd --long=27 takes 128."""

Read = Callable[[int], bytes]


class _Decompressor(Protocol):
    """What ``lzma`` and ``bz2`` share."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """``zlib`` in the shape of ``lzma`` and ``bz2``."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def opened(read: Read, limits: Limits, what: str = "the archive") -> tuple[Read, Meter]:
    """Give a reader of the plain bytes of a stream, whatever it is packed with, and the meter that watches it.

    ``Rejected`` (``damaged-archive``) comes from the reader when the packed bytes are broken.
    """
    meter = Meter(read, limits)
    head = meter.read(6)
    while len(head) < 6 and (more := meter.read(6 - len(head))):
        head += more
    return _plain(head, meter, what), meter


def _plain(head: bytes, meter: Meter, what: str) -> Read:
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F):
        return _zstd(_rejoined(head, meter.read), meter, what)
    if head.startswith(b"\x1f\x8b"):
        return _chained(_rejoined(head, meter.read), meter, _Gzip, what)
    if head.startswith(b"\xfd7zXZ\0"):
        return _chained(_rejoined(head, meter.read), meter, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY), what)
    if head.startswith(b"\x5d\0\0"):
        return _chained(_rejoined(head, meter.read), meter, lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY), what)
    if head.startswith(b"BZh"):
        return _chained(_rejoined(head, meter.read), meter, bz2.BZ2Decompressor, what)
    return _rejoined(head, meter.read)


def _rejoined(head: bytes, read: Read) -> Read:
    """Give ``head`` first, then what ``read`` gives."""
    kept = [head] if head else []

    def joined(size: int) -> bytes:
        return kept.pop() if kept else read(size)

    return joined


class _Source(io.RawIOBase):
    """What zstandard reads from."""

    def __init__(self, read: Read) -> None:
        self._take = read

    def read(self, size: int = -1) -> bytes:
        return self._take(size)


def _zstd(read: Read, meter: Meter, what: str) -> Read:
    import zstandard  # noqa: PLC0415 - heavy, only here

    stream = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
        cast("BinaryIO", _Source(read)), read_across_frames=True, read_size=_PART // 4
    )

    def plain(_size: int) -> bytes:
        try:
            with meter.aside():
                part = stream.read(_PART)
        except zstandard.ZstdError as error:
            raise damaged(f"{what} is broken", str(error)) from error
        meter.out(len(part))
        return part

    return plain


def _chained(read: Read, meter: Meter, start: Callable[[], _Decompressor], what: str) -> Read:
    """Read streams one after the other, as all three formats allow."""
    current = start()
    rest = b""
    begun = False

    def plain(_size: int) -> bytes:
        nonlocal current, rest, begun
        while True:
            if current.eof:
                rest = (current.unused_data or read(_PART // 4)).lstrip(b"\0")
                if not rest:
                    return b""
                current, begun = start(), False
            elif current.needs_input and not rest:
                rest = read(_PART // 4)
                if not rest and (begun or meter.packed):
                    raise damaged(f"{what} ends in the middle of its packed bytes")
            given, rest, begun = rest, b"", True
            try:
                with meter.aside():
                    part = current.decompress(given, _PART)
            except (lzma.LZMAError, zlib.error, OSError, EOFError) as error:
                raise damaged(f"{what} is broken", str(error)) from error
            if part:
                meter.out(len(part))
                return part

    return plain
