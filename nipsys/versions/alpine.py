"""Alpine versions: ``digits{.digits}[letter]{_suffix[digits]}[~hash][-r digits]``, ordered as ``apk`` 3 orders them.

Two versions are compared part by part. Where both have a part of the same kind, its value decides; where the kinds differ, in rising
order: a pre-release suffix, what is no part, the end, the revision, the hash, the number of a suffix, another suffix, a letter, one more
number. Suffixes: ``alpha`` < ``beta`` < ``pre`` < ``rc`` < (none) < ``cvs`` < ``svn`` < ``git`` < ``hg`` < ``p``. After the first number,
one with a leading zero is compared as text, so it comes before every one without.

A text that is no version is compared as far as it is one: ``1.0bc`` as ``1.0b`` followed by something older than the end. Numbers count
whole; ``apk`` itself wraps those above 2^64 - 1.
"""

import re

_BEGINNING = re.compile(
    rb"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)(?![a-z])[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?",
).match
_SUFFIX = re.compile(rb"_([a-z]+)([0-9]*)").findall
_SUFFIXES = {name: bytes((rank,)) for rank, name in enumerate((b"alpha", b"beta", b"pre", b"rc", b"cvs", b"svn", b"git", b"hg", b"p"), 1)}
_PRE, _INVALID, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _POST, _LETTER, _ZERO, _NUMBER = (bytes((rank,)) for rank in range(1, 11))
_ACCEPTED = {"<": (-1,), "<=": (-1, 0), "=": (0,), ">=": (0, 1), ">": (1,), "~": (0,), "<~": (-1, 0), ">~": (0, 1)}


def parts(version: str) -> tuple[bytes, ...]:
    """Return the parts as bytes that sort; the last tells whether the version ends there or goes on with what is no part."""
    text = version.encode("utf-8", "surrogateescape")
    found = _BEGINNING(text)
    if found is None:
        return (_INVALID,)
    first, numbers, letter, suffixes, commit, revision = found.groups()
    out = [_NUMBER + _number(first)]
    out += [_more(number) for number in numbers.split(b".")[1:]]
    if letter:
        out.append(_LETTER + letter)
    for name, number in _SUFFIX(suffixes):
        rank = _SUFFIXES[name]
        out.append((_PRE if rank < b"\x05" else _POST) + rank)
        if number:
            out.append(_SUFFIX_NUMBER + _number(number))
    if commit:
        out.append(_HASH + commit + b"\0")
    if revision:
        out.append(_REVISION + _number(revision))
    return (*out, _END if found.end() == len(text) else _INVALID)


def key(version: str) -> bytes:
    """Return bytes that sort as ``apk`` orders versions, texts that are no version among them."""
    return b"".join(parts(version))


def valid(version: str) -> bool:
    """Return whether the text is a version."""
    return parts(version)[-1] == _END


def compare(left: str, right: str) -> int:
    """Give -1, 0 or 1: ``left`` is older than, equal to or newer than ``right``."""
    one, two = key(left), key(right)
    return (one > two) - (one < two)


def satisfies(version: str, relation: str, bound: str) -> bool:
    """Return whether ``version`` stands in ``relation`` to ``bound``: ``<`` ``<=`` ``=`` ``>=`` ``>``, none, or with ``~`` (begins so).

    ``~`` takes the versions that begin with all parts of the bound for equal to it, so ``<~`` and ``>~`` hold for them too.
    ``apk`` refuses a dependency on a bound that is no version; here nothing but the same text stands in a relation to one.
    """
    if not relation:
        return True
    accepted = _ACCEPTED.get(relation)
    if accepted is None:
        raise ValueError(f"unknown relation {relation!r}")
    have, wanted = parts(version), parts(bound)
    if wanted[-1] != _END:
        return version == bound and 0 in accepted
    if "~" in relation and have[: len(wanted) - 1] == wanted[:-1]:
        return True
    return compare(version, bound) in accepted


def _number(digits: bytes) -> bytes:
    digits = digits.lstrip(b"0")
    length = len(digits)
    return (bytes((length + 1,)) if length < 250 else b"\xff" + length.to_bytes(4)) + digits


def _more(digits: bytes) -> bytes:
    """Return one more number: as text when it begins with a zero (``0`` itself included), by value otherwise."""
    if digits.startswith(b"0"):
        return _ZERO + digits + b"\0"
    return _NUMBER + _number(digits)
