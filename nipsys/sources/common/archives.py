"""Decompress a whole index within a limit, whatever its compression, and walk a tar archive in memory."""

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, BinaryIO, NamedTuple, Protocol, cast

from nipsys.sources.common.tar_header import TAR_BLOCK, TarExtensions, TarHeader, parse_tar_header

_MEMORY_LIMIT = 256 << 20
"""Memory a decompressor may use, in bytes."""
_FIRST_CHUNK, _LAST_CHUNK = 1 << 6, 1 << 20
"""Bytes passed to a decompressor at once: little at first, because what follows a short stream is copied."""
_ZSTD_CHUNK = 1 << 12
"""The most that zstd gets at once: even those of a decompression bomb expand to 128 MiB at most."""


class DamagedData(ValueError):  # noqa: N818 - an answer about bytes, not a fault of the program
    """The bytes are truncated, corrupt or too many; the text says which."""


class _Decompressor(Protocol):
    """The interface that ``zlib``, ``lzma``, ``bz2`` and ``zstandard`` share."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Packing(NamedTuple):
    """One kind of compression."""

    start: Callable[[], _Decompressor]
    errors: tuple[type[Exception], ...]
    """What it raises for corrupt bytes."""
    chunk: int = _LAST_CHUNK


class _Stream(NamedTuple):
    """One of the concatenated streams of a file, all of which every kind of compression allows."""

    start: int
    end: int
    text: bytes


def unpack(data: bytes, limit: int) -> bytes:
    """Decompress gzip, xz, zstd or bzip2 by the first bytes, or return plain data; ``DamagedData`` if over ``limit`` bytes or corrupt.

    Concatenated streams are one text; zero bytes after a stream are padding, and anything else that follows is refused.
    """
    packing = _find_packing(data)
    if packing is not None:
        return b"".join([stream.text for stream in _iter_streams(data, packing, limit, padded=True)])
    if len(data) > limit:
        raise DamagedData(f"it is larger than {limit} bytes")
    return data


def split_gzip_members(data: bytes, limit: int) -> list[tuple[bytes, bytes]]:
    """Split a gzip file into its members: (raw bytes, decompressed bytes) of each; at most ``limit`` decompressed bytes in total."""
    return [(data[stream.start : stream.end], stream.text) for stream in _iter_streams(data, _gzip(), limit, padded=False)]


def open_list(body: BinaryIO, path: str) -> BinaryIO:
    """Open a list whatever its compression, by the end of its ``path``; it is decompressed as it is read."""
    if path.endswith(".xz"):
        import lzma  # noqa: PLC0415 - only for lists in this form

        return cast("BinaryIO", lzma.open(body))
    if path.endswith(".gz"):
        import gzip  # noqa: PLC0415 - only for lists in this form

        return cast("BinaryIO", gzip.open(body))
    if path.endswith(".zst"):
        import zstandard  # noqa: PLC0415 - only for lists in this form

        return cast("BinaryIO", zstandard.ZstdDecompressor().stream_reader(cast("IO[bytes]", body), read_across_frames=True))
    return body


def iter_tar_files(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield (path, start, end) of every regular file of a tar archive in memory; ``DamagedData`` when it is truncated or not a tar archive.

    Made for indexes of tens of thousands of small files: no data is copied.
    """
    place, length, extensions = 0, len(data), TarExtensions()
    while place + TAR_BLOCK <= length:
        if not data[place]:
            if data[place : place + TAR_BLOCK].strip(b"\0"):
                raise DamagedData("a member of the archive has no name")
            return
        header = _read_header(data, place, extensions)
        start = place + TAR_BLOCK
        if header.kind == "file":
            yield header.path, start, start + header.size
        place = start + header.size + -header.size % TAR_BLOCK
    if place < length and data[place:].strip(b"\0"):
        raise DamagedData("the archive is truncated")


def _read_header(data: bytes, place: int, extensions: TarExtensions) -> TarHeader:
    """Read the header at ``place``; an extension is added to ``extensions``."""
    start = place + TAR_BLOCK
    try:
        header = parse_tar_header(data[place:start], extensions)
        if start + header.size <= len(data):
            if header.kind == "extension":
                extensions.add(header, data[start : start + header.size])
            return header
    except ValueError as error:
        raise DamagedData(str(error)) from error
    raise DamagedData("the archive is truncated")


def _iter_streams(data: bytes, packing: _Packing, limit: int, *, padded: bool) -> Iterator[_Stream]:
    """Yield the streams of a file; with ``padded``, zero bytes after each are skipped.

    The chunks of a stream grow, so that what its last chunk contains of the next ones, which the decompressor copies, is never longer
    than the stream itself: the time is linear, however many streams there are.
    """
    place, length, left = 0, len(data), limit
    while place < length:
        start, decoder, chunk, parts = place, packing.start(), _FIRST_CHUNK, list[bytes]()
        while not decoder.eof:
            if place >= length:
                raise DamagedData("it is truncated")
            try:
                parts.append(decoder.decompress(data[place : place + chunk], left + 1))
            except packing.errors as error:
                raise DamagedData(f"it cannot be decompressed: {error}") from error
            place = min(place + chunk, length)
            left -= len(parts[-1])
            if left < 0:
                raise DamagedData(f"its decompressed size exceeds {limit} bytes")
            chunk = min(2 * chunk, packing.chunk)
        place -= len(decoder.unused_data)
        yield _Stream(start, place, b"".join(parts))
        while padded and place < length and not data[place]:
            place += 1


def _find_packing(data: bytes) -> _Packing | None:
    """Return how data that begins like this is compressed; none when it is not."""
    if data[:2] == b"\x1f\x8b":
        return _gzip()
    if data[:6] == b"\xfd7zXZ\0":
        import lzma  # noqa: PLC0415 - only for indexes in this form

        return _Packing(partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, _MEMORY_LIMIT), (lzma.LZMAError, OSError, EOFError))
    if data[:3] == b"BZh":
        import bz2  # noqa: PLC0415 - only for indexes in this form

        return _Packing(bz2.BZ2Decompressor, (OSError, EOFError))
    if data[:4] == b"\x28\xb5\x2f\xfd":
        import zstandard  # noqa: PLC0415 - only for indexes in this form

        return _Packing(_Zstd, (zstandard.ZstdError,), _ZSTD_CHUNK)
    return None


def _gzip() -> _Packing:
    return _Packing(partial(zlib.decompressobj, 31), (zlib.error,))


class _Zstd:
    """``zstandard`` with the interface of the others."""

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 - only for indexes in this form

        self._inner = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        return self._inner.decompress(data)
