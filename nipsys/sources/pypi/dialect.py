"""How Python packages write dependencies: ``httpx[http2]>=0.27,<1`` (PEP 508). Ranges use `packaging` (optional, loaded lazily).

Names are normalised. An extra is a separate name, ``httpx[http2]``; the source adds a record for it that depends on
the package itself at the same version. Markers are evaluated when the index is read, so a clause has none.
"""

import re
from collections.abc import Callable

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.versions.pep440 import has_prerelease_bound, is_prerelease, normalize_name, sort_key_of

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*\(?([^;@()]*)\)?\s*", re.ASCII)

_RELATIONS = ("===", "~=", "==", "!=", "<=", ">=", "<", ">")


class PypiDialect(Dialect):
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

    def is_prerelease(self, atom: Atom, version: str) -> bool:
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
