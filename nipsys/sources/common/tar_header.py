"""Headers of tar archives: ustar, GNU long names and base-256 numbers, pax records.

Formats: POSIX.1-2001 pax interchange format; GNU tar manual, "Basic Tar Format". Every reader of an archive, in memory or from a stream,
reads the headers here, so that all agree on what an archive contains. What two programs could read differently is refused.
"""

import re
from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Literal, NamedTuple
from zlib import adler32

TAR_BLOCK = 512
"""Bytes of a header; the data of a member is padded to a multiple of it."""

TarKind = Literal["file", "link", "hard", "directory", "other", "sparse", "unknown", "extension"]
"""``hard`` is a hard link, ``other`` a device or a pipe; the data of an ``extension`` describes the members that follow."""

_KINDS: dict[int, TarKind] = {
    ord("0"): "file",
    0: "file",
    ord("7"): "file",
    ord("1"): "hard",
    ord("2"): "link",
    ord("3"): "other",
    ord("4"): "other",
    ord("5"): "directory",
    ord("6"): "other",
    ord("S"): "sparse",
}
_EXTENSIONS = b"LKxgV"
_FIELDS = Struct("100s8s16x12s12s8sB100s6s82x155s12x")
"""Header fields: path, mode, size, time, checksum, type, target, magic, prefix of the path."""
_DECIMAL = re.compile(r"-?[0-9]{1,18}").fullmatch


class TarHeader(NamedTuple):
    """One header, with what extensions say of its member."""

    path: str
    """As the archive writes it, undecodable bytes as surrogates; not checked."""
    kind: TarKind
    flag: int
    """The type byte of the header."""
    size: int
    """Bytes of data that follow, without padding."""
    mode: int = 0
    """Permission, set-user-id, set-group-id and sticky bits."""
    mtime: int = 0
    """Seconds since the epoch."""
    target: str = ""
    """Of a link or hard link."""


class TarExtensions:
    """The long names and pax records that apply to the next members of one archive."""

    def __init__(self) -> None:
        """Begin an archive: no extension applies."""
        self._next: dict[str, str] = {}
        self._all: dict[str, str] = {}

    def add(self, header: TarHeader, data: bytes) -> None:
        """Apply an extension with its data to the next member, or to all that follow; ``ValueError`` when it is invalid."""
        match chr(header.flag):
            case "L":
                self._next["path"] = _decode(data)
            case "K":
                self._next["linkpath"] = _decode(data)
            case "x":
                self._next.update(_parse_records(data))
            case "g":
                self._all.update(_parse_records(data))

    def take(self) -> Mapping[str, str]:
        """Return the records of the next member, and forget those of this member only."""
        found, self._next = self._next, {}
        return self._all | found if self._all else found


def parse_tar_header(block: bytes | memoryview, extensions: TarExtensions) -> TarHeader:
    """Parse a header of ``TAR_BLOCK`` bytes; ``ValueError`` with a sentence about the archive when it is invalid."""
    name, mode, size_field, time, checksum, flag, linked, magic, prefix = _FIELDS.unpack(block)
    _verify_checksum(block, checksum)
    size = _parse_number(size_field)
    if size < 0:
        raise ValueError("the archive has a member of negative size")
    if flag in _EXTENSIONS:
        return TarHeader("", "extension", flag, size)
    path, target = _decode(name), _decode(linked) if linked[0] else ""
    if magic == b"ustar\0" and prefix[0]:
        path = f"{_decode(prefix)}/{path}"
    kind, mtime = _KINDS.get(flag, "unknown"), _parse_number(time)
    if records := extensions.take():
        path, target = records.get("path", path), records.get("linkpath", target)
        size = _parse_decimal(records["size"]) if "size" in records else size
        mtime = _parse_decimal(records["mtime"].partition(".")[0]) if "mtime" in records else mtime
        if size < 0:
            raise ValueError("the archive has a member of negative size")
        if any(key.startswith("GNU.sparse") for key in records):
            kind = "sparse"
    if kind == "file" and path.endswith("/"):  # tar before POSIX.1-1988 had no type for directories
        kind = "directory"
    if kind not in ("file", "sparse", "unknown"):
        size = 0  # a link may state the size of its target
    return TarHeader(path, kind, flag, size, _parse_number(mode) & 0o7777, mtime, target)


def _verify_checksum(block: bytes | memoryview, field: bytes) -> None:
    """Verify the checksum: the sum of all bytes of the header, with the checksum field taken as spaces.

    The low half of Adler-32 is that sum plus one modulo 65521, computed in C; the rare larger sums are computed in full.
    """
    whole = _parse_number(field) - len(field) * ord(" ") + sum(field)
    if (adler32(block) & 0xFFFF) - 1 != whole and sum(block) != whole:
        raise ValueError("the archive has a damaged header")


def _parse_number(field: bytes) -> int:
    """Parse octal digits between spaces and NULs, or base 256 when the first bit is set; an empty field is 0.

    Signs, underscores, prefixes and NULs before the digits are refused: ``int`` would accept them, other programs do not.
    """
    digits = field.rstrip(b" \0")
    if not digits.isdigit():
        if field[0] & 0x80:
            return _parse_base_256(field)
        digits = digits.lstrip(b" ") or b"0"
        if not digits.isdigit():
            raise ValueError("the archive has a damaged header")
    try:
        return int(digits, 8)
    except ValueError:
        raise ValueError("the archive has a damaged header") from None


def _parse_base_256(field: bytes) -> int:
    value = int.from_bytes(field, "big", signed=True) if field[0] == 0xFF else int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
    if not -(1 << 62) < value < 1 << 62:
        raise ValueError("the archive has an invalid number in a header")
    return value


def _parse_records(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the records of a pax header: ``LENGTH KEY=VALUE`` and a line feed, where LENGTH counts all of it."""
    place = 0
    while place < len(data):
        length, space, _ = data[place : place + 20].partition(b" ")
        end = place + int(length) if space and length.isdigit() else 0
        key, equals, value = data[place + len(length) + 1 : end - 1].partition(b"=")
        if not place < end <= len(data) or data[end - 1] != ord("\n") or not equals:
            raise ValueError("the archive has a broken extended header")
        yield key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        place = end


def _parse_decimal(text: str) -> int:
    if not _DECIMAL(text):
        raise ValueError("an extended header of the archive has an invalid number")
    return int(text)


def _decode(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
