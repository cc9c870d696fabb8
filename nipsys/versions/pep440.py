"""Versions and requirements of Python packages (PEP 440, PEP 508, PEP 503).

The order is implemented here because an index needs it as bytes; ranges and markers use `packaging` (optional, loaded lazily).

Names are normalised. An extra is a separate name, ``httpx[http2]``; the source adds a record for it that depends on
the package itself at the same version. Markers are evaluated when the index is read, so a clause has none.
"""

import re
from collections.abc import Callable

from nipsys.model.package import Atom, Clause, Provide
from nipsys.versions.sort_bytes import encode_number, encode_word

_VERSION = re.compile(
    r"""\s*v?
    (?:(?P<epoch>\d+)!)?
    (?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>\d+)?)?
    (?:-(?P<post_implicit>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d+)?)?
    (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d+)?)?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_STAGES = {"a": b"\x01", "alpha": b"\x01", "b": b"\x02", "beta": b"\x02"}
"""Pre-release stages in order; every other spelling is a release candidate."""
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*\(?([^;@()]*)\)?\s*", re.ASCII)
_RELATIONS = ("===", "~=", "==", "!=", "<=", ">=", "<", ">")


def normalize_name(name: str) -> str:
    """Return the normalised name of a project (PEP 503): ``Foo_Bar`` becomes ``foo-bar``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_prerelease(version: str) -> bool:
    """Return whether a version is a pre-release or a development release; raise ``ValueError`` for an invalid version."""
    found = _match(version)
    return bool(found["pre"] or found["dev"])


def has_prerelease_bound(span: str) -> bool:
    """Return whether any part of a range, except ``!=``, has a pre-release as its bound."""
    return any(_is_prerelease_bound(part.strip()) for part in span.split(","))


def _is_prerelease_bound(part: str) -> bool:
    bound = part.lstrip("=<>~!").strip().removesuffix(".*")
    try:
        return bool(bound) and not part.startswith("!=") and is_prerelease(bound)
    except ValueError:
        return False


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of PEP 440; raise ``ValueError`` for an invalid version."""
    found = _match(version)
    release = [int(part) for part in found["release"].split(".")]
    while len(release) > 1 and not release[-1]:
        release.pop()
    parts = [encode_number(int(found["epoch"] or 0)), *(encode_number(part) for part in release), b"\0"]
    post = found["post_implicit"] or found["post"]
    if found["pre"]:
        parts += [_STAGES.get(found["pre"].lower(), b"\x03"), encode_number(int(found["pre_number"] or 0))]
    else:
        # 1.0.dev1 comes before 1.0a1, 1.0 and 1.0.post1.dev1 after every pre-release
        parts.append(b"\0" if found["dev"] and not post else b"\x7f")
    parts.append(b"\x01" + encode_number(int(found["post_implicit"] or found["post_number"] or 0)) if post else b"\0")
    parts.append(b"\x01" + encode_number(int(found["dev_number"] or 0)) if found["dev"] else b"\xff")
    parts.append(b"\x01" + _encode_local(found["local"]) if found["local"] else b"\0")
    return b"".join(parts)


def _match(version: str) -> re.Match[str]:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"`{version}` is not a valid PEP 440 version")
    return found


def _encode_local(text: str) -> bytes:
    """Return the sort key of a local version label: words come before numbers, a prefix before the longer label."""
    parts = re.split(r"[-_.]", text.lower())
    return b"".join(b"\x02" + encode_number(int(part)) if part.isdecimal() else b"\x01" + encode_word(part) for part in parts) + b"\0"


class Dialect:
    """The dialect of PEP 440 and PEP 508: a clause has one atom, whose ``in`` range is a specifier set."""

    name = "pypi"

    def __init__(self, *, prereleases: bool = False) -> None:
        """Create a dialect; with ``prereleases``, pre-releases are treated like any other version."""
        self._ranges: dict[str, Callable[[str], bool]] = {}
        self._prereleases = prereleases

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort in the order of PEP 440."""
        return sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version satisfies an atom; pre-releases are allowed here, the source leaves out unwanted ones."""
        if not atom.relation or not atom.version.strip():
            return True
        if not version:
            return False
        text = atom.version if atom.relation == "in" else {"=": "=="}.get(atom.relation, atom.relation) + atom.version
        contains = self._ranges.get(text)
        if contains is None:
            contains = self._ranges[text] = _make_matcher(text)
        return contains(version)

    def late(self, atom: Atom, version: str) -> bool:
        """Return whether a version is a pre-release that the range does not name: used only when no final release fits."""
        return not self._prereleases and is_prerelease(version) and not has_prerelease_bound(atom.version)

    def parse_clause(self, text: str) -> Clause:
        """Parse a requirement without marker: ``httpx[http2]>=0.27,<1``; raise ``ValueError`` for more than one extra."""
        found = _REQUIREMENT.fullmatch(text)
        if found is None:
            raise ValueError(f"`{text}` is not a valid PEP 508 requirement")
        extras = [normalize_name(extra.strip()) for extra in (found[2] or "").split(",") if extra.strip()]
        if len(extras) > 1:
            raise ValueError(f"`{text}` has more than one extra; request each extra separately")
        name = normalize_name(found[1]) + (f"[{extras[0]}]" if extras else "")
        span = _parse_specifiers(found[3])
        return (Atom(name, "in", span) if span else Atom(name),)

    def parse_provide(self, text: str) -> Provide:
        """Parse a provided name with an optional ``=version``."""
        name, _, version = text.partition("=")
        return Provide(name, version)


def _parse_specifiers(text: str) -> str:
    """Return the specifier set with every part checked; a single ``=`` is read as ``==``."""
    parts = []
    for part in re.split(r",|\s+(?=[<>=!~])", text):
        bare = part.strip()
        if not bare:
            continue
        relation = next((sign for sign in _RELATIONS if bare.startswith(sign)), "")
        if not relation and bare.startswith("="):
            relation, bare = "==", "=" + bare
        if not relation:
            raise ValueError(f"`{bare}` is not a valid PEP 440 version specifier")
        parts.append(relation + bare[len(relation) :].strip())
    return ",".join(parts)


def _make_matcher(text: str) -> Callable[[str], bool]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - slow to import, needed only here

    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier as fault:
        raise ValueError(f"`{text}` is not a valid PEP 440 version specifier") from fault
    return lambda version: specifiers.contains(version, prereleases=True)
