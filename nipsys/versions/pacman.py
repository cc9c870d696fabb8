"""Pacman versions: ``[epoch:]version[-release]``, in the order of ``vercmp`` of libalpm.

A version is read as runs of separators, each followed by a segment of digits or of letters. The first difference decides:
a longer run of separators is newer, digits are newer than letters, numbers compare by value and letters by their bytes. When one side
has ended, a letter right after it means a pre-release (``1.0rc1`` is older than ``1.0``), anything else a later version.
The release counts only when both sides have one.

``compare`` follows that rule exactly for any text. ``sort_key_of`` gives bytes that sort the same way for every valid package version:
makepkg requires a release and a letter or digit at the end; without these the order of ``vercmp`` is not transitive.
"""

import re

_FIRST_STEP = re.compile(rb"([^0-9A-Za-z]*)([0-9]+|[A-Za-z]+|)").match
_ALL_STEPS = re.compile(rb"([^0-9A-Za-z]*)([0-9]+|[A-Za-z]+|)").findall
_EPOCH = re.compile(rb"([0-9]*):(.*)", re.DOTALL).fullmatch
_PRERELEASE, _END, _DIGITS_AT_ONCE, _AFTER_GAP = b"\x01", b"\x02", b"\x03", 4
_LETTERS, _NOTHING, _DIGITS = b"\x01", b"\x02", b"\x03"
_LONGEST_GAP = 200

Parts = tuple[bytes, bytes, bytes | None]


def split_version(version: str) -> Parts:
    """Split into epoch (default ``0``), version and release (default ``None``)."""
    raw = version.encode("utf-8", "surrogateescape")
    found = _EPOCH(raw)
    epoch, rest = (found[1] or b"0", found[2]) if found else (b"0", raw)
    upstream, dash, release = rest.rpartition(b"-")
    return (epoch, upstream, release) if dash else (epoch, rest, None)


def compare(left: str, right: str) -> int:
    """Return -1, 0 or 1 like ``vercmp``: ``left`` is older than, equal to or newer than ``right``."""
    if left == right:
        return 0
    (epoch, version, release), (other_epoch, other_version, other_release) = split_version(left), split_version(right)
    order = _compare(epoch, other_epoch) or _compare(version, other_version)
    if order or release is None or other_release is None:
        return order
    return _compare(release, other_release)


def satisfies(version: str, relation: str, bound: str) -> bool:
    """Return whether ``version relation bound`` holds; ``relation`` is ``<`` ``<=`` ``=`` ``>=`` ``>``, or empty for any version."""
    if not relation:
        return True
    order = compare(version, bound)
    match relation:
        case ">=":
            return order >= 0
        case "=":
            return order == 0
        case "<":
            return order < 0
        case "<=":
            return order <= 0
        case ">":
            return order > 0
    message = f"unknown relation {relation!r}"
    raise ValueError(message)


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of ``vercmp`` for valid versions; equal ones (``1.0-1`` and ``0:1.00-1``) give equal bytes.

    A version without a release comes before the same version with one.
    """
    epoch, upstream, release = split_version(version)
    return _encode_part(epoch) + _encode_part(upstream) + (_encode_part(release) if release is not None else b"")


def _compare(left: bytes, right: bytes) -> int:
    while left and right:
        (gap, segment, left), (other_gap, other_segment, right) = _take_step(left), _take_step(right)
        if not segment or not other_segment:
            left, right = segment + left, other_segment + right
            break
        if gap != other_gap:
            return _compare_ranks(gap, other_gap)
        if segment != other_segment:
            one, two = _encode_segment(segment), _encode_segment(other_segment)
            if one != two:
                return 1 if one > two else -1
    return _compare_ranks(_rank_rest(left), _rank_rest(right))


def _compare_ranks(one: int, two: int) -> int:
    return (one > two) - (one < two)


def _take_step(text: bytes) -> tuple[int, bytes, bytes]:
    found = _FIRST_STEP(text)
    assert found is not None, "the expression also matches the empty text"
    return len(found[1]), found[2], text[found.end() :]


def _rank_rest(text: bytes) -> int:
    """Rank the rest when the other side has ended: a letter is older than the end, anything else is newer."""
    return 1 if not text else 0 if text[:1].isalpha() else 2


def _encode_segment(text: bytes) -> bytes:
    """Return bytes that sort like segments, none a prefix of another: numbers carry their length, words end in a zero byte."""
    if not text[0] < 58:
        return _LETTERS + text + b"\0"
    digits = text.lstrip(b"0")
    length = len(digits)
    return _DIGITS + (bytes((length,)) if length < 251 else b"\xff" + length.to_bytes(4)) + digits


def _encode_part(text: bytes) -> bytes:
    out = []
    for separators, segment in _ALL_STEPS(text):
        gap = len(separators)
        if not segment:
            if gap:
                out.append(bytes((_AFTER_GAP,)) + _NOTHING)
            break
        if gap:
            out.append(bytes((_AFTER_GAP + min(gap, _LONGEST_GAP) - 1,)))
        else:
            out.append(_DIGITS_AT_ONCE if segment[0] < 58 else _PRERELEASE)
        out.append(_encode_segment(segment))
    out.append(_END)
    return b"".join(out)
