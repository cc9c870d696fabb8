"""Indexes are small and packed: unpack a whole one, whatever it is packed with, within a limit; and walk a tar archive in memory."""

import bz2
import lzma
import zlib
from collections.abc import Iterator

_MEMORY = 256 << 20
"""Bytes an unpacker may use for itself."""
_STEP = 1 << 12
"""Bytes given to zstd at once: even a bomb's unfold to 128 MiB at most."""
_NAMES = {b"x", b"L"}


class Damaged(ValueError):  # noqa: N818 - an answer about bytes, not a fault of the program
    """The bytes are cut short, damaged or too many; the text says which."""


def unpack(data: bytes, limit: int) -> bytes:
    """Unpack gzip, xz, zstd, bzip2 or nothing at all, by the first bytes; ``Damaged`` when it is more than ``limit`` or broken."""
    try:
        if data[:2] == b"\x1f\x8b":
            return _gzip(data, limit)
        if data[:6] == b"\xfd7zXZ\0":
            return _decoded(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), data, limit)
        if data[:3] == b"BZh":
            return _decoded(bz2.BZ2Decompressor(), data, limit)
        if data[:4] == b"\x28\xb5\x2f\xfd":
            return _zstd(data, limit)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise Damaged(f"it cannot be unpacked: {error}") from error
    if len(data) > limit:
        raise Damaged(f"it is larger than {limit} bytes")
    return data


def gzip_members(data: bytes, limit: int) -> list[tuple[bytes, bytes]]:
    """Cut at the members of a gzip file: (raw bytes, unpacked bytes) of each; together at most ``limit`` unpacked."""
    out = []
    try:
        while data:
            member = zlib.decompressobj(31)
            text = member.decompress(data, limit + 1)
            limit -= len(text)
            if limit < 0 or not member.eof:
                raise Damaged("it is cut short" if limit >= 0 else "it unpacks to too many bytes")
            rest = member.unused_data
            out.append((data[: len(data) - len(rest)], text))
            data = rest
    except zlib.error as error:
        raise Damaged(f"it cannot be unpacked: {error}") from error
    return out


def tar_files(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield (path, start, end) of every regular file of a tar archive in memory; ``Damaged`` when it is cut short or no tar.

    Made for indexes of tens of thousands of small files: nothing is copied, no object is made for a member.
    """
    place, length, long_name = 0, len(data), ""
    while place + 512 <= length:
        name_end = data.find(b"\0", place, place + 100)
        if name_end == place:
            if data[place : place + 512].strip(b"\0"):
                raise Damaged("a member of the archive has no name")
            return
        name, size, kind = (
            data[place : place + 100 if name_end < 0 else name_end],
            _octal(data[place + 124 : place + 136]),
            data[place + 156 : place + 157],
        )
        start = place + 512
        end = start + size
        if end > length:
            raise Damaged("the archive is cut short")
        if kind in _NAMES:
            long_name = _long_name(data[start:end], kind) or long_name
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
        raise Damaged("the archive is cut short")


def _octal(field: bytes) -> int:
    try:
        return int(field.rstrip(b" \0") or b"0", 8)
    except ValueError as error:
        raise Damaged("it is not a tar archive") from error


def _long_name(body: bytes, kind: bytes) -> str:
    if kind == b"L":
        return body.rstrip(b"\0").decode("utf-8", "surrogateescape")
    place = 0
    while place < len(body):
        length, _, _ = body[place : place + 20].partition(b" ")
        if not length.isdigit() or int(length) <= len(length) + 1:
            raise Damaged("an extended header of the archive is broken")
        key, _, value = body[place + len(length) + 1 : place + int(length) - 1].partition(b"=")
        if key == b"path":
            return value.decode("utf-8", "surrogateescape")
        place += int(length)
    return ""


def _gzip(data: bytes, limit: int) -> bytes:
    return b"".join([text for _, text in gzip_members(data.rstrip(b"\0") if data.endswith(b"\0" * 512) else data, limit)])


def _decoded(decoder: "lzma.LZMADecompressor | bz2.BZ2Decompressor", data: bytes, limit: int) -> bytes:
    text = decoder.decompress(data, limit + 1)
    if len(text) > limit:
        raise Damaged(f"it unpacks to more than {limit} bytes")
    if not decoder.eof:
        raise Damaged("it is cut short")
    return text


def _zstd(data: bytes, limit: int) -> bytes:
    import zstandard  # noqa: PLC0415 - only for indexes in this form

    out, size, place = [], 0, 0
    try:
        while place < len(data):
            decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
            while not decoder.eof:
                if place >= len(data):
                    raise Damaged("it is cut short")
                out.append(decoder.decompress(data[place : place + _STEP]))
                place += _STEP
                size += len(out[-1])
                if size > limit:
                    raise Damaged(f"it unpacks to more than {limit} bytes")
            place = min(place, len(data)) - len(decoder.unused_data)
    except zstandard.ZstdError as error:
        raise Damaged(f"it cannot be unpacked: {error}") from error
    return b"".join(out)
