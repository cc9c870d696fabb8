"""Decompress a whole index within a limit, whatever its compression, and walk a tar archive in memory."""

import bz2
import lzma
import zlib
from collections.abc import Iterator

_MEMORY_LIMIT = 256 << 20
"""Memory a decompressor may use, in bytes."""
_CHUNK = 1 << 12
"""Bytes passed to zstd at once: even those of a decompression bomb expand to 128 MiB at most."""
_LONG_NAME_KINDS = {b"x", b"L"}


class DamagedData(ValueError):  # noqa: N818 - an answer about bytes, not a fault of the program
    """The bytes are truncated, corrupt or too many; the text says which."""


def unpack(data: bytes, limit: int) -> bytes:
    """Decompress gzip, xz, zstd or bzip2 by the first bytes, or return plain data; ``DamagedData`` if over ``limit`` bytes or corrupt."""
    try:
        if data[:2] == b"\x1f\x8b":
            return _unpack_gzip(data, limit)
        if data[:6] == b"\xfd7zXZ\0":
            return _decompress(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_LIMIT), data, limit)
        if data[:3] == b"BZh":
            return _decompress(bz2.BZ2Decompressor(), data, limit)
        if data[:4] == b"\x28\xb5\x2f\xfd":
            return _unpack_zstd(data, limit)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DamagedData(f"it cannot be decompressed: {error}") from error
    if len(data) > limit:
        raise DamagedData(f"it is larger than {limit} bytes")
    return data


def split_gzip_members(data: bytes, limit: int) -> list[tuple[bytes, bytes]]:
    """Split a gzip file into its members: (raw bytes, decompressed bytes) of each; at most ``limit`` decompressed bytes in total."""
    out = []
    try:
        while data:
            member = zlib.decompressobj(31)
            text = member.decompress(data, limit + 1)
            limit -= len(text)
            if limit < 0 or not member.eof:
                raise DamagedData("it is truncated" if limit >= 0 else "its decompressed size exceeds the limit")
            rest = member.unused_data
            out.append((data[: len(data) - len(rest)], text))
            data = rest
    except zlib.error as error:
        raise DamagedData(f"it cannot be decompressed: {error}") from error
    return out


def iter_tar_files(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield (path, start, end) of every regular file of a tar archive in memory; ``DamagedData`` when it is truncated or not a tar archive.

    Made for indexes of tens of thousands of small files: nothing is copied and no object is created per member.
    """
    place, length, long_name = 0, len(data), ""
    while place + 512 <= length:
        name_end = data.find(b"\0", place, place + 100)
        if name_end == place:
            if data[place : place + 512].strip(b"\0"):
                raise DamagedData("a member of the archive has no name")
            return
        name, size, kind = (
            data[place : place + 100 if name_end < 0 else name_end],
            _parse_octal(data[place + 124 : place + 136]),
            data[place + 156 : place + 157],
        )
        start = place + 512
        end = start + size
        if end > length:
            raise DamagedData("the archive is truncated")
        if kind in _LONG_NAME_KINDS:
            long_name = _read_long_name(data[start:end], kind) or long_name
        elif kind in {b"0", b"\0"}:
            prefix = (
                b""
                if data[place + 345] == 0 or data[place + 257 : place + 263] != b"ustar\0"
                else data[place + 345 : place + 500].rstrip(b"\0") + b"/"
            )
            yield long_name or (prefix + name).decode("utf-8", "surrogateescape"), start, end
            long_name = ""
        elif kind != b"g":
            long_name = ""
        place = start + (size + 511 & ~511)
    if place < length and data[place:].strip(b"\0"):
        raise DamagedData("the archive is truncated")


def _parse_octal(field: bytes) -> int:
    try:
        return int(field.rstrip(b" \0") or b"0", 8)
    except ValueError as error:
        raise DamagedData("it is not a tar archive") from error


def _read_long_name(body: bytes, kind: bytes) -> str:
    if kind == b"L":
        return body.rstrip(b"\0").decode("utf-8", "surrogateescape")
    place = 0
    while place < len(body):
        length, _, _ = body[place : place + 20].partition(b" ")
        if not length.isdigit() or int(length) <= len(length) + 1:
            raise DamagedData("an extended header of the archive is invalid")
        key, _, value = body[place + len(length) + 1 : place + int(length) - 1].partition(b"=")
        if key == b"path":
            return value.decode("utf-8", "surrogateescape")
        place += int(length)
    return ""


def _unpack_gzip(data: bytes, limit: int) -> bytes:
    return b"".join([text for _, text in split_gzip_members(data.rstrip(b"\0") if data.endswith(b"\0" * 512) else data, limit)])


def _decompress(decoder: "lzma.LZMADecompressor | bz2.BZ2Decompressor", data: bytes, limit: int) -> bytes:
    text = decoder.decompress(data, limit + 1)
    if len(text) > limit:
        raise DamagedData(f"its decompressed size exceeds {limit} bytes")
    if not decoder.eof:
        raise DamagedData("it is truncated")
    return text


def _unpack_zstd(data: bytes, limit: int) -> bytes:
    import zstandard  # noqa: PLC0415 - only for indexes in this form

    out, size, place = [], 0, 0
    try:
        while place < len(data):
            decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
            while not decoder.eof:
                if place >= len(data):
                    raise DamagedData("it is truncated")
                out.append(decoder.decompress(data[place : place + _CHUNK]))
                place += _CHUNK
                size += len(out[-1])
                if size > limit:
                    raise DamagedData(f"its decompressed size exceeds {limit} bytes")
            place = min(place, len(data)) - len(decoder.unused_data)
    except zstandard.ZstdError as error:
        raise DamagedData(f"it cannot be decompressed: {error}") from error
    return b"".join(out)
