"""Debian versions: ``[epoch:]upstream[-revision]``, ordered as Debian Policy 5.6.12 and ``dpkg`` order them.

``sort_key_of`` turns a version into bytes that sort the same way, so that a comparison is one ``memcmp`` and a
sorted index needs no version code at all. Upstream and revision are each read as pairs of a word (no digits) and a number::

    ~ -> 1      end of the word -> 2      letters -> themselves      anything else -> 128 + itself
    number -> the number of its digits (one byte; 255 and four bytes when that is 251 or more), then the digits

The end of each half is a 2, which sorts after ``~`` and before everything else, exactly
as the end of a string does in ``dpkg``.
"""

import re

_PAIRS = re.compile(rb"([^0-9]*)([0-9]*)").findall
_RANK = bytes(1 if code == ord("~") else code if chr(code).isalpha() and code < 128 else min(128 + code, 255) for code in range(256))
_END = b"\x02"
_DIGITS = tuple(bytes([length]) for length in range(251))
_VALID = re.compile(r"(?:[0-9]+:)?[A-Za-z0-9.+:~-]+").fullmatch


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of ``dpkg``; equal versions (``1.0`` and ``0:1.0-0``) give equal bytes."""
    raw = version.encode("latin-1", "replace")
    epoch, colon, rest = raw.partition(b":")
    if not colon:
        epoch, rest = b"", raw
    upstream, dash, revision = rest.rpartition(b"-")
    if not dash:
        upstream, revision = rest, b""
    return _encode_digits(epoch) + _encode_half(upstream) + _encode_half(revision)


def compare(left: str, right: str) -> int:
    """Return -1, 0 or 1: ``left`` is earlier than, equal to or later than ``right``."""
    one, two = sort_key_of(left), sort_key_of(right)
    return (one > two) - (one < two)


def satisfies(version: str, relation: str, bound: str) -> bool:
    """Return whether ``version relation bound`` holds: ``<`` ``<=`` ``=`` ``>=`` ``>`` ``!=`` ``<<`` ``>>``, or empty for any version."""
    if not relation:
        return True
    if version == bound:
        return relation in {"<=", "=", ">="}
    one, two = sort_key_of(version), sort_key_of(bound)
    match relation:
        case ">=":
            return one >= two
        case "<" | "<<":
            return one < two
        case "=":
            return one == two
        case "<=":
            return one <= two
        case ">" | ">>":
            return one > two
        case "!=":
            return one != two
    message = f"unknown relation {relation!r}"
    raise ValueError(message)


def is_valid(version: str) -> bool:
    """Return whether ``version`` has only characters that Debian Policy allows and a numeric epoch."""
    return _VALID(version) is not None and (":" not in version or version.partition(":")[0].isdigit())


def _encode_half(text: bytes) -> bytes:
    pairs = _PAIRS(text)
    if len(pairs) > 1:
        pairs.pop()  # the empty match at the end
    out = []
    for word, digits in pairs:
        out.append(word.translate(_RANK) if word else b"")
        out.append(_END)
        out.append(_encode_digits(digits))
    out.append(_END)
    return b"".join(out)


def _encode_digits(digits: bytes) -> bytes:
    digits = digits.lstrip(b"0")
    length = len(digits)
    if length < 251:
        return _DIGITS[length] + digits
    return b"\xff" + length.to_bytes(4, "big") + digits
