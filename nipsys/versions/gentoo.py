"""Versions of Gentoo, by the Package Manager Specification (PMS 3.2, 3.3, 8.3.1)."""

import re

from nipsys.versions.sort_bytes import encode_number, encode_word

VERSION = r"(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)\d*)*)(?:-r(\d+))?(?:-(\d+))?"
"""The form of a version: numbers, letter, suffixes, revision and build number."""
_VERSION = re.compile(VERSION, re.ASCII)
_SUFFIX = re.compile(r"_(alpha|beta|pre|rc|p)(\d*)", re.ASCII)
_WEIGHTS = {"alpha": b"\x01", "beta": b"\x02", "pre": b"\x03", "rc": b"\x04", "p": b"\x06"}
_END = b"\x05"
"""No suffix: newer than every pre-release, older than a patch level."""


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of PMS; a build number (``1.2-r1-3``) decides last. Raise ``ValueError`` if invalid."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"`{version}` is not a valid Gentoo version")
    first, *rest = found[1].split(".")
    parts = [encode_number(int(first)), *(_encode_component(part) for part in rest), b"\0", found[2].encode() or b"\0"]
    parts += [_WEIGHTS[suffix] + encode_number(int(count or 0)) for suffix, count in _SUFFIX.findall(found[3])]
    return b"".join(parts) + _END + encode_number(int(found[4] or 0)) + encode_number(int(found[5] or 0))


def _encode_component(text: str) -> bytes:
    """Return the sort key of a number after a dot: with a leading zero it is a fraction, and comes before any number without."""
    return b"\x01" + encode_word(text.rstrip("0")) if text.startswith("0") else b"\x02" + encode_number(int(text))


def strip_build(version: str) -> str:
    """Return a version without its build number."""
    found = _VERSION.fullmatch(version)
    return version if found is None or found[5] is None else version[: -len(found[5]) - 1]


def is_within(span: str, version: str) -> bool:
    """Return whether a version is in a range: ``~1.2`` is any revision of 1.2, ``=1.2*`` every version that begins with 1.2.

    Raise ``ValueError`` for any other range.
    """
    if span.startswith("~"):
        # the same text, as in portage: 1_pre is not 1_pre0
        return re.sub(r"-r\d+$", "", version) == span[1:]
    if re.fullmatch(r"=\d[^*]*\*", span) is None:
        raise ValueError(f"`{span}` is not a version range of Gentoo")
    prefix, whole = _strip_zeros(span[1:-1]), _strip_zeros(version)
    # the star matches only at the boundary of a component: 1.2* matches 1.2.3, 1.2_p1 and 1.2a, not 1.20
    after = whole[len(prefix) :][:1]
    return whole.startswith(prefix) and (not after or after in "._-" or prefix[-1].isdecimal() != after.isdecimal())


def _strip_zeros(version: str) -> str:
    """Return a version without leading zeros."""
    return re.sub(r"^0+(?=\d)", "", version)
