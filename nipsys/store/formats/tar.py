"""Tar archives as a stream of members: ustar, GNU long names and base-256 numbers, pax headers.

Formats: POSIX.1-2001 pax interchange format; GNU tar manual, "Basic Tar Format". Sparse members are rejected: no package has them.
"""

from collections.abc import Iterator
from struct import Struct
from zlib import adler32

from nipsys.store.member import Limits, Member, MemberKind, reject_damaged, reject_hostile
from nipsys.store.streams import BoundedReader, Meter

_BLOCK = 512
_WHOLE = 1 << 20
"""Files up to this size are yielded as one slice."""
_KINDS: dict[int, MemberKind] = {
    ord("0"): "file",
    0: "file",
    ord("7"): "file",
    ord("1"): "hard",
    ord("2"): "link",
    ord("3"): "other",
    ord("4"): "other",
    ord("5"): "directory",
    ord("6"): "other",
}
_EXTENDED = b"LKxgV"
_FIELDS = Struct("100s8s16x12s12s8sB100s6s82x155s12x")
"""Header fields: path, mode, size, time, checksum, type, target, magic, prefix of the path."""

_Header = tuple[bytes, bytes, bytes, bytes, bytes, int, bytes, bytes, bytes]


def read_members(window: BoundedReader, limits: Limits, meter: Meter | None = None, *, joined: bool = False) -> Iterator[Member]:
    """Return the members of a tar archive in order; ``Rejected`` for a broken header, naming the last good member.

    An archive ends with a block of zeros, and what follows is ignored; ``joined`` archives are concatenated and need no such end.
    """
    extended: dict[str, str] = {}
    common: dict[str, str] = {}
    before = "(the first)"
    while not window.is_at_end():
        block = window.take(_BLOCK)
        if not block[0] and not any(block):
            if joined:
                continue
            _drain(window)
            return
        header: _Header = _FIELDS.unpack(block)
        _, _, octal, _, checksum, flag, _, _, _ = header
        _check_sum(block, checksum, before)
        size = _parse_number(octal, before)
        if size < 0:
            raise reject_damaged("the archive has a member of negative size", f"after `{before}`")
        if flag in _EXTENDED:
            _extend(flag, _read_long(window, size, limits, before), extended, common)
            continue
        member = _parse_member(header, size, common | extended if common and extended else extended or common, before)
        extended = {}
        before = member.path
        if meter is not None:
            meter.member = before
        if member.kind != "file":
            yield member
            continue
        size = member.size
        end = window.position + size + -size % _BLOCK
        yield member._replace(data=(window.take(size),) if 0 < size <= _WHOLE else window.iter_chunks(size))
        window.skip(end - window.position)
    if not joined:
        raise reject_damaged("the archive is truncated: it has no end-of-archive block", f"after `{before}`")


def _drain(window: BoundedReader) -> None:
    """Read what follows, so that checksums of the packed bytes are verified and a bomb after the end is detected."""
    while not window.is_at_end():
        window.read(1 << 20)


def _parse_member(header: _Header, size: int, extended: dict[str, str], before: str) -> Member:
    name, mode, _, time, _, flag, linked, magic, prefix = header
    kind = _KINDS.get(flag)
    if kind is None:
        raise reject_damaged(f"the archive has a member of unknown type {chr(flag)!r}", f"after `{before}`")
    path, target = _decode(name), _decode(linked) if linked[0] else ""
    if magic == b"ustar\0" and prefix[0]:
        path = f"{_decode(prefix)}/{path}"
    if extended:
        path, target = extended.get("path", path), extended.get("linkpath", target)
        if any(key.startswith("GNU.sparse") for key in extended):
            raise reject_hostile(path, "is a sparse file, which is not supported")
        size = _parse_decimal(extended["size"], path) if "size" in extended else size
        if size < 0:
            raise reject_damaged("the archive has a member of negative size", f"`{path}`")
    mtime = _parse_decimal(extended["mtime"].partition(".")[0], path) if "mtime" in extended else _parse_number(time, before)
    if kind == "file" and path.endswith("/"):  # tar before POSIX.1-1988 had no type for directories
        kind = "directory"
    size = size if kind == "file" else 0  # a link may state the size of its target
    return Member(path, kind, size, _parse_number(mode, before) & 0o7777, mtime, target)


def _extend(flag: int, data: bytes, extended: dict[str, str], common: dict[str, str]) -> None:
    """Apply an extended header to the next member (``g``: to all members that follow)."""
    if flag == ord("L"):
        extended["path"] = _decode(data)
    elif flag == ord("K"):
        extended["linkpath"] = _decode(data)
    elif flag == ord("x"):
        extended.update(_parse_pax(data))
    elif flag == ord("g"):
        common.update(_parse_pax(data))


def _parse_pax(data: bytes) -> Iterator[tuple[str, str]]:
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or not len(length) + 3 <= int(length) <= len(data):
            raise reject_damaged("the archive has a broken extended header")
        record = data[len(length) + 1 : int(length) - 1]
        key, equals, value = record.partition(b"=")
        if not equals:
            raise reject_damaged("the archive has a broken extended header")
        yield key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        data = data[int(length) :]


def _read_long(window: BoundedReader, size: int, limits: Limits, before: str) -> bytes:
    if size > limits.header:
        raise reject_hostile(before, f"is followed by a name of {size} bytes")
    data = bytes(window.take(size))
    window.skip(-size % _BLOCK)
    return data


def _check_sum(block: memoryview, field: bytes, before: str) -> None:
    """Verify the checksum: the sum of all bytes of the header, with the checksum field taken as spaces.

    The low half of Adler-32 is that sum plus one modulo 65521, computed in C; the rare larger sums are computed in full.
    """
    given = _parse_number(field, before)
    whole = given - len(field) * ord(" ") + sum(field)
    if (adler32(block) & 0xFFFF) - 1 != whole and sum(block) != whole:
        raise reject_damaged("the archive has a damaged header", f"after `{before}`")


def _decode(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _parse_number(field: bytes, before: str) -> int:
    """Parse octal digits, or base 256 when the first bit is set."""
    if field[0] & 0x80:
        value = (
            int.from_bytes(field, "big", signed=True) if field[0] == 0xFF else int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
        )
        if not -(1 << 62) < value < 1 << 62:
            raise reject_damaged("the archive has an invalid number in a header", f"after `{before}`")
        return value
    digits = field.strip(b" \0")
    try:
        return int(digits, 8) if digits else 0
    except ValueError as error:
        raise reject_damaged("the archive has a damaged header", f"after `{before}`") from error


def _parse_decimal(text: str, path: str) -> int:
    if not text.lstrip("-").isdigit() or len(text) > 18:
        raise reject_damaged(f"the extended header of `{path}` has an invalid number")
    return int(text)
