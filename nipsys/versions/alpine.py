"""Alpine versions: ``digits{.digits}[letter]{_suffix[digits]}[~hash][-r digits]``.

Two versions are compared part by part. Where both have a part of the same kind, its value decides; where the kinds differ, in rising
order: a pre-release suffix, the end, the revision, the hash, the number of a suffix, another suffix, a letter, one more number.
Suffixes: ``alpha`` < ``beta`` < ``pre`` < ``rc`` < (none) < ``cvs`` < ``svn`` < ``git`` < ``hg`` < ``p``. After the first number, one with
a leading zero is compared as text, so it comes before every one without.
"""

import re

_VERSION = re.compile(
    rb"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?",
).fullmatch
_SUFFIX = re.compile(rb"_([a-z]+)([0-9]*)").findall
_SUFFIXES = {name: bytes((rank,)) for rank, name in enumerate((b"alpha", b"beta", b"pre", b"rc", b"cvs", b"svn", b"git", b"hg", b"p"), 1)}
_PRE, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _POST, _LETTER, _ZERO, _NUMBER = (bytes((rank,)) for rank in range(1, 10))
_INVALID = b"\x00"


def parts(version: str) -> tuple[bytes, ...] | None:
    """Give the parts as bytes that sort, without the end; ``None`` for a text that is not a version."""
    found = _VERSION(version.encode("utf-8", "surrogateescape"))
    if not found:
        return None
    first, numbers, letter, suffixes, commit, revision = found.groups()
    out = [_number(first)]
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
    return tuple(out)


def key(version: str) -> bytes:
    """Give bytes that sort as ``apk`` orders versions; texts that are no version come first, by their bytes."""
    found = parts(version)
    if found is None:
        return _INVALID + version.encode("utf-8", "surrogateescape")
    return b"".join(found) + _END


def valid(version: str) -> bool:
    """Tell whether the text is a version."""
    return parts(version) is not None


def compare(left: str, right: str) -> int:
    """Give -1, 0 or 1: ``left`` is older than, equal to or newer than ``right``."""
    one, two = key(left), key(right)
    return (one > two) - (one < two)


def satisfies(version: str, relation: str, bound: str) -> bool:
    """Tell whether ``version`` stands in ``relation`` to ``bound``: ``<`` ``<=`` ``=`` ``>=`` ``>``, none, or ``~`` (begins so).

    A text that is no version stands in no relation but to itself.
    """
    if not relation:
        return True
    have, wanted = parts(version), parts(bound)
    if have is None or wanted is None:
        return version == bound and relation in {"=", "<=", ">=", "~"}
    if relation == "~":
        return have[: len(wanted)] == wanted
    one, two = (b"".join(have) + _END, b"".join(wanted) + _END)
    answers = {"<": one < two, "<=": one <= two, "=": one == two, ">=": one >= two, ">": one > two}
    if relation not in answers:
        message = f"unknown relation {relation!r}"
        raise ValueError(message)
    return answers[relation]


def _number(digits: bytes) -> bytes:
    digits = digits.lstrip(b"0")
    length = len(digits)
    return (bytes((length + 1,)) if length < 250 else b"\xff" + length.to_bytes(4)) + digits


def _more(digits: bytes) -> bytes:
    """Give one more number: as text when it begins with a zero (``0`` itself included), by value otherwise."""
    if digits.startswith(b"0"):
        return _ZERO + digits + b"\0"
    return _NUMBER + _number(digits)
