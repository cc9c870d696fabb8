"""Alpine versions: ``digits{.digits}[letter]{_suffix[digits]}[~hash][-r digits]``, ordered as ``apk`` 3 orders them.

Two versions are compared part by part. Parts of the same kind are compared by value; different kinds are ordered, from oldest to newest:
a pre-release suffix, an invalid part, the end, the revision, the hash, the number of a suffix, another suffix, a letter, another
number. Suffixes: ``alpha`` < ``beta`` < ``pre`` < ``rc`` < (none) < ``cvs`` < ``svn`` < ``git`` < ``hg`` < ``p``. After the first number,
a number with a leading zero is compared as text, so it comes before every number without one.

An invalid version is compared up to where it becomes invalid: ``1.0bc`` as ``1.0b`` followed by something older than the end. Numbers are
not limited in size; ``apk`` itself wraps those above 2^64 - 1.
"""

import re

_BEGINNING = re.compile(
    rb"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)(?![a-z])[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?",
).match
_SUFFIX = re.compile(rb"_([a-z]+)([0-9]*)").findall
_SUFFIXES = {name: bytes((rank,)) for rank, name in enumerate((b"alpha", b"beta", b"pre", b"rc", b"cvs", b"svn", b"git", b"hg", b"p"), 1)}
_PRE, _INVALID, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _POST, _LETTER, _ZERO, _NUMBER = (bytes((rank,)) for rank in range(1, 11))
_ACCEPTED = {"<": (-1,), "<=": (-1, 0), "=": (0,), ">=": (0, 1), ">": (1,), "~": (0,), "<~": (-1, 0), ">~": (0, 1)}


def encode_parts(version: str) -> tuple[bytes, ...]:
    """Return the parts as sortable bytes; the last one says whether the version ends there or continues with an invalid part."""
    text = version.encode("utf-8", "surrogateescape")
    found = _BEGINNING(text)
    if found is None:
        return (_INVALID,)
    first, numbers, letter, suffixes, commit, revision = found.groups()
    out = [_NUMBER + _encode_digits(first)]
    out += [_encode_component(number) for number in numbers.split(b".")[1:]]
    if letter:
        out.append(_LETTER + letter)
    for name, number in _SUFFIX(suffixes):
        rank = _SUFFIXES[name]
        out.append((_PRE if rank < b"\x05" else _POST) + rank)
        if number:
            out.append(_SUFFIX_NUMBER + _encode_digits(number))
    if commit:
        out.append(_HASH + commit + b"\0")
    if revision:
        out.append(_REVISION + _encode_digits(revision))
    return (*out, _END if found.end() == len(text) else _INVALID)


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of ``apk``, which also orders invalid versions."""
    return b"".join(encode_parts(version))


def is_valid(version: str) -> bool:
    """Return whether ``version`` is a valid version."""
    return encode_parts(version)[-1] == _END


def compare(left: str, right: str) -> int:
    """Return -1, 0 or 1: ``left`` is older than, equal to or newer than ``right``."""
    one, two = sort_key_of(left), sort_key_of(right)
    return (one > two) - (one < two)


def satisfies(version: str, relation: str, bound: str) -> bool:
    """Return whether ``version relation bound`` holds; ``relation`` is ``<`` ``<=`` ``=`` ``>=`` ``>``, with or without ``~``, or empty.

    With ``~``, a version that begins with all parts of the bound is equal to it, so ``<~`` and ``>~`` hold for it too.
    ``apk`` refuses a dependency with an invalid bound; here only the identical text satisfies one.
    """
    if not relation:
        return True
    accepted = _ACCEPTED.get(relation)
    if accepted is None:
        raise ValueError(f"unknown relation {relation!r}")
    have, wanted = encode_parts(version), encode_parts(bound)
    if wanted[-1] != _END:
        return version == bound and 0 in accepted
    if "~" in relation and have[: len(wanted) - 1] == wanted[:-1]:
        return True
    return compare(version, bound) in accepted


def _encode_digits(digits: bytes) -> bytes:
    digits = digits.lstrip(b"0")
    length = len(digits)
    return (bytes((length + 1,)) if length < 250 else b"\xff" + length.to_bytes(4)) + digits


def _encode_component(digits: bytes) -> bytes:
    """Encode a number after the first: as text when it begins with a zero (``0`` itself included), by value otherwise."""
    if digits.startswith(b"0"):
        return _ZERO + digits + b"\0"
    return _NUMBER + _encode_digits(digits)
