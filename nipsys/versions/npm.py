"""Versions and ranges as npm reads them: Semantic Versioning 2.0.0 and the ranges of node-semver in loose mode.

npm resolves in loose mode (a ``v`` or ``=`` before a version, ``1.2.3beta``, invalid parts of a range are
dropped), so only this mode is implemented. https://semver.org, https://docs.npmjs.com/cli/configuring-npm/package-json
"""

import re
from typing import NamedTuple

from nipsys.versions.sort_bytes import encode_number, encode_word

_MAX_SAFE_INTEGER = 2**53 - 1
"""The largest number allowed in a version: JavaScript's ``Number.MAX_SAFE_INTEGER``."""
_MAX_LENGTH = 256

_IDENTIFIER = r"(?:\d*[a-zA-Z-][a-zA-Z0-9-]*|\d+)"
_PRE = rf"(?:-?({_IDENTIFIER}(?:\.{_IDENTIFIER})*))"
_BUILD = r"(?:\+[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*)"
_PLAIN = rf"[v=\s]*(\d+)\.(\d+)\.(\d+){_PRE}?{_BUILD}?"
_X = r"(\d+|x|X|\*)"
_PARTIAL = rf"[v=\s]*{_X}(?:\.{_X}(?:\.{_X}{_PRE}?{_BUILD}?)?)?"
_SIGN = r"((?:<|>)?=?)"

_VERSION = re.compile(_PLAIN, re.ASCII)
_COMPARATOR = re.compile(rf"{_SIGN}\s*({_PLAIN})", re.ASCII)
_XRANGE = re.compile(rf"{_SIGN}\s*{_PARTIAL}", re.ASCII)
_CARET = re.compile(rf"\^{_PARTIAL}", re.ASCII)
_TILDE = re.compile(rf"~>?{_PARTIAL}", re.ASCII)
_HYPHEN = re.compile(rf"\s*({_PARTIAL})\s+-\s+({_PARTIAL})\s*", re.ASCII)
_BUILDS = re.compile(_BUILD, re.ASCII)
_SIGN_GAP = re.compile(rf"(\s*){_SIGN}\s*({_PLAIN}|{_PARTIAL})", re.ASCII)
_TILDE_GAP = re.compile(r"~>?\s+", re.ASCII)
_CARET_GAP = re.compile(r"\^\s+", re.ASCII)
_STAR = re.compile(r"[<>]?=?\s*\*", re.ASCII)


class Version(NamedTuple):
    """A version without its build metadata."""

    major: int
    minor: int
    patch: int
    pre: tuple[int | str, ...] = ()

    def sort_key(self) -> bytes:
        """Return bytes that sort in the order of Semantic Versioning: numbers before words, a pre-release before its release."""
        head = encode_number(self.major) + encode_number(self.minor) + encode_number(self.patch)
        if not self.pre:
            return head + b"\xff"
        return (
            head
            + b"".join(b"\x01" + encode_number(part) if isinstance(part, int) else b"\x02" + encode_word(part) for part in self.pre)
            + b"\0"
        )


class Comparator(NamedTuple):
    """One bound; the bound that allows any version has an empty sign and no version."""

    sign: str
    version: Version | None = None

    def matches(self, version: Version) -> bool:
        """Return whether ``version`` satisfies the bound."""
        if self.version is None:
            return True
        left, right = version.sort_key(), self.version.sort_key()
        match self.sign:
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right
            case _:
                return left == right


_ANY = Comparator("")
_NONE = Comparator("<", Version(0, 0, 0, (0,)))
_FROM_ZERO = Comparator(">=", Version(0, 0, 0))
Range = tuple[tuple[Comparator, ...], ...]
"""Alternatives, each a list of bounds that must all hold."""


def parse_version(text: str) -> Version:
    """Parse a version; raise ``ValueError`` when it is invalid."""
    found = _VERSION.fullmatch(text.strip()) if len(text) <= _MAX_LENGTH else None
    if found is None:
        raise ValueError(f"`{text}` is not a valid semantic version")
    return _make_version(found[1], found[2], found[3], found[4])


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of Semantic Versioning; raise ``ValueError`` for an invalid version."""
    return parse_version(version).sort_key()


def _make_version(major: str, minor: str, patch: str, pre: str | None) -> Version:
    numbers = int(major), int(minor), int(patch)
    if max(numbers) > _MAX_SAFE_INTEGER:
        raise ValueError(f"`{major}.{minor}.{patch}` has a number greater than {_MAX_SAFE_INTEGER}")
    return Version(
        *numbers, tuple(int(part) if part.isdecimal() and int(part) < _MAX_SAFE_INTEGER else part for part in pre.split(".")) if pre else ()
    )


def parse_range(text: str) -> Range:
    """Parse a range; raise ``ValueError`` when no part of it is valid (then it is a tag or a URL)."""
    alternatives = [found for part in " ".join(text.split()).split("||") if (found := _parse_alternative(part.strip()))]
    if not alternatives:
        raise ValueError(f"`{text}` is not a version range")
    possible = [bounds for bounds in alternatives if bounds != (_NONE,)]
    if (_ANY,) in possible:
        return ((_ANY,),)  # as in npm, `*` absorbs the other alternatives, so `* || 1.0.0-beta` does not allow that pre-release
    return tuple(possible or alternatives[:1])


def satisfies(version: Version, span: Range) -> bool:
    """Return whether a version is in a range; a pre-release needs a bound that is a pre-release of the same release."""
    return any(_is_within(version, bounds) for bounds in span)


def _is_within(version: Version, bounds: tuple[Comparator, ...]) -> bool:
    if not all(bound.matches(version) for bound in bounds):
        return False
    return not version.pre or any(bound.version and bound.version.pre and bound.version[:3] == version[:3] for bound in bounds)


def _parse_alternative(text: str) -> tuple[Comparator, ...]:
    """Parse the text between two ``||``; return nothing when no part of it is valid."""
    text = _BUILDS.sub("", text)
    if hyphen := _HYPHEN.fullmatch(text):
        text = _expand_hyphen(hyphen)
    text = _SIGN_GAP.sub(r"\1\2\3", text)
    text = _CARET_GAP.sub("^", _TILDE_GAP.sub("~", text))
    words = [_parse_bounds(part) for part in text.split(" ")]
    # a `*` between invalid words is dropped with them
    kept = [word for place, word in enumerate(words) if word != [_ANY] or place == 0 or all(later == [_ANY] for later in words[place:])]
    bounds = dict.fromkeys(_ANY if bound == _FROM_ZERO else bound for word in kept for bound in word)
    if _NONE in bounds:
        return (_NONE,)
    if len(bounds) > 1:
        bounds.pop(_ANY, None)
    return tuple(bounds)


def _expand_hyphen(found: re.Match[str]) -> str:
    """Rewrite ``low - high`` as bounds; a partial ``high`` includes every version that begins with it."""
    low, high = found[1], found[6]
    if _is_wildcard(found[2]):
        low = ""
    elif _is_wildcard(found[3]):
        low = f">={found[2]}.0.0"
    elif _is_wildcard(found[4]):
        low = f">={found[2]}.{found[3]}.0"
    else:
        low = f">={low}"
    if _is_wildcard(found[7]):
        high = ""
    elif _is_wildcard(found[8]):
        high = f"<{int(found[7]) + 1}.0.0-0"
    elif _is_wildcard(found[9]):
        high = f"<{found[7]}.{int(found[8]) + 1}.0-0"
    elif found[10]:
        high = f"<={found[7]}.{found[8]}.{found[9]}-{found[10]}"
    else:
        high = f"<={high}"
    return f"{low} {high}".strip()


def _is_wildcard(part: str | None) -> bool:
    return not part or part in "xX*"


def _parse_bounds(text: str) -> list[Comparator]:
    """Parse one word of a range; return nothing when it is invalid."""
    if found := _CARET.fullmatch(text):
        return _expand_caret(*found.groups())
    if found := _TILDE.fullmatch(text):
        return _expand_tilde(*found.groups())
    found = _XRANGE.fullmatch(text)
    if found and not _has_number_after_wildcard(found[2], found[3], found[4]):
        sign, major, minor, patch, pre = found.groups()
        if _is_wildcard(major) or _is_wildcard(minor) or _is_wildcard(patch):
            return _expand_partial(sign, major, minor)
        return [_make_bound(sign, _make_version(major, minor, patch, pre))]
    text = _STAR.sub("", text, count=1).strip()
    if not text:
        return [_ANY]
    found = _COMPARATOR.fullmatch(text)
    return [_make_bound(found[1], _make_version(found[3], found[4], found[5], found[6]))] if found else []


def _make_bound(sign: str, version: Version) -> Comparator:
    return Comparator(sign if sign != "=" else "", version)


def _has_number_after_wildcard(major: str, minor: str | None, patch: str | None) -> bool:
    return (_is_wildcard(major) and not _is_wildcard(minor)) or (_is_wildcard(minor) and bool(patch) and not _is_wildcard(patch))


def _between(low: Version, high: tuple[int, int, int]) -> list[Comparator]:
    if max(high) > _MAX_SAFE_INTEGER:
        raise ValueError(f"a bound is greater than {_MAX_SAFE_INTEGER}")
    return [_make_bound(">=", low), Comparator("<", Version(*high, (0,)))]


def _expand_caret(major: str, minor: str | None, patch: str | None, pre: str | None) -> list[Comparator]:
    if _is_wildcard(major):
        return [_ANY]
    first = int(major)
    if minor is None or _is_wildcard(minor):
        return _between(_make_version(major, "0", "0", None), (first + 1, 0, 0))
    second, zero = int(minor), major == "0"
    if patch is None or _is_wildcard(patch):
        return _between(_make_version(major, minor, "0", None), (0, second + 1, 0) if zero else (first + 1, 0, 0))
    low = _make_version(major, minor, patch, pre)
    if zero:
        return _between(low, (0, 0, int(patch) + 1) if minor == "0" else (0, second + 1, 0))
    return _between(low, (first + 1, 0, 0))


def _expand_tilde(major: str, minor: str | None, patch: str | None, pre: str | None) -> list[Comparator]:
    if _is_wildcard(major):
        return [_ANY]
    if minor is None or _is_wildcard(minor):
        return _between(_make_version(major, "0", "0", None), (int(major) + 1, 0, 0))
    high = int(major), int(minor) + 1, 0
    if patch is None or _is_wildcard(patch):
        return _between(_make_version(major, minor, "0", None), high)
    return _between(_make_version(major, minor, patch, pre), high)


def _expand_partial(sign: str, major: str, minor: str | None) -> list[Comparator]:
    """Expand ``1.x``, ``>1``, ``<=0.7``: an operator on a partial version applies to every version that begins with it."""
    if _is_wildcard(major):
        return [_NONE] if sign in {"<", ">"} else [_ANY]
    bare = minor is None or _is_wildcard(minor)
    first, second = int(major), 0 if bare else int(minor or 0)
    after = (first + 1, 0, 0) if bare else (first, second + 1, 0)
    match sign:
        case ">":
            return [Comparator(">=", _make_checked(*after))]
        case "<=":
            return [Comparator("<", _make_checked(*after, 0))]
        case "<":
            return [Comparator("<", _make_checked(first, second, 0, 0))]
        case ">=":
            return [_make_bound(">=", _make_checked(first, second, 0))]
        case _:
            return _between(_make_checked(first, second, 0), after)


def _make_checked(major: int, minor: int, patch: int, *pre: int) -> Version:
    if max(major, minor) > _MAX_SAFE_INTEGER:
        raise ValueError(f"a bound is greater than {_MAX_SAFE_INTEGER}")
    return Version(major, minor, patch, pre)
