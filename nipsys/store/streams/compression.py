"""Decompression of streams recognized by their first bytes: gzip, xz, lzma, bzip2, zstd or none; memory and output are bounded."""

import zlib
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import IO, Protocol, cast

from nipsys.store.member import Limits, reject_damaged
from nipsys.store.streams.bounded import Meter
from nipsys.store.streams.pipeline import Pipeline

_PART = 1 << 20
_MEMORY = 1 << 28
"""Bytes of memory a decompressor may use: xz -9 takes 65 MiB, zstd --long=27 takes 128 MiB."""

Read = Callable[[int], bytes]
Unpack = Callable[[], bytes]


class _Decompressor(Protocol):
    """The interface that ``lzma`` and ``bz2`` share."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """``zlib`` with the interface of ``lzma`` and ``bz2``."""

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


def open_decompressed(read: Read, limits: Limits, what: str = "the archive", pipeline: Pipeline | None = None) -> tuple[Read, Meter]:
    """Return a function that reads the unpacked bytes of a stream in any compression, and the meter that limits them.

    With a ``pipeline`` a thread of it unpacks the next part meanwhile. Reading raises ``Rejected`` (``damaged-archive``) when the packed
    bytes are corrupt.
    """
    meter = Meter(read, limits)
    head = meter.read(6)
    while len(head) < 6 and (more := meter.read(6 - len(head))):
        head += more
    unpack = _find_unpacker(head, meter, what)
    if unpack is None:
        return _prepend(head, meter.read), meter
    return _count_output(unpack, meter) if pipeline is None else _read_ahead(unpack, meter, pipeline), meter


def _count_output(unpack: Unpack, meter: Meter) -> Read:
    def plain(_size: int) -> bytes:
        part = unpack()
        meter.count_output(len(part), meter.packed)
        return part

    return plain


def _read_ahead(unpack: Unpack, meter: Meter, pipeline: Pipeline) -> Read:
    """Unpack the next part while the caller works on the current one; a bomb is reported when its part is read."""

    def next_part() -> tuple[bytes, int]:
        return unpack(), meter.packed

    following: Future[tuple[bytes, int]] | None = pipeline.read(next_part)

    def plain(_size: int) -> bytes:
        nonlocal following
        if following is None:  # the end was reached
            return b""
        current, following = following, None
        part, packed = pipeline.result(current)
        if part:
            following = pipeline.read(next_part)
        meter.count_output(len(part), packed)
        return part

    return plain


def _find_unpacker(head: bytes, meter: Meter, what: str) -> Unpack | None:
    """Return a function that unpacks the next part of a stream with this head, ``b""`` at the end; ``None`` if it is not compressed."""
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F):
        return _unpack_zstd(_prepend(head, meter.read), what)
    chain = _decompressor_of(head)
    return _unpack_chained(_prepend(head, meter.read), meter, *chain, what) if chain else None


def _decompressor_of(head: bytes) -> tuple[Callable[[], _Decompressor], type[Exception]] | None:
    """Return the decompressor for a stream with this head, and the error it raises for corrupt bytes."""
    if head.startswith(b"\x1f\x8b"):
        return _Gzip, zlib.error
    if head.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
        import lzma  # noqa: PLC0415 - only here

        form = lzma.FORMAT_XZ if head.startswith(b"\xfd") else lzma.FORMAT_ALONE
        return partial(lzma.LZMADecompressor, form, _MEMORY), lzma.LZMAError
    if head.startswith(b"BZh"):
        import bz2  # noqa: PLC0415 - only here

        return bz2.BZ2Decompressor, OSError
    return None


def _prepend(head: bytes, read: Read) -> Read:
    """Return a reader of ``head`` followed by what ``read`` returns."""
    kept = [head] if head else []

    def joined(size: int) -> bytes:
        return kept.pop() if kept else read(size)

    return joined


class _Stream(Protocol):
    """The interface of the streams that zstandard reads and returns."""

    def read(self, size: int = -1) -> bytes: ...


class _Source:
    """A stream that reads from a function."""

    def __init__(self, read: Read) -> None:
        self.read = read


def _unpack_zstd(read: Read, what: str) -> Unpack:
    import zstandard  # noqa: PLC0415 - heavy, only here

    started = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    stream: _Stream = started.stream_reader(cast("IO[bytes]", _Source(read)), read_across_frames=True, read_size=_PART // 4)

    def unpack() -> bytes:
        try:
            return stream.read(_PART)
        except zstandard.ZstdError as error:
            raise reject_damaged(f"{what} is broken", str(error)) from error

    return unpack


def _unpack_chained(read: Read, meter: Meter, start: Callable[[], _Decompressor], broken: type[Exception], what: str) -> Unpack:
    """Unpack concatenated streams, which all three formats allow."""
    current = start()
    rest = b""
    begun = False

    def unpack() -> bytes:
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
                    raise reject_damaged(f"{what} is truncated: its packed bytes end too early")
            given, rest, begun = rest, b"", True
            try:
                part = current.decompress(given, _PART)
            except (broken, OSError, EOFError) as error:
                raise reject_damaged(f"{what} is broken", str(error)) from error
            if part:
                return part

    return unpack
