"""How npm writes dependencies: ``name@range``, ``name@tag`` (https://docs.npmjs.com/cli/configuring-npm/package-json).

Several versions of one package can be installed side by side. Each is therefore a separate name, ``semver:7.6.3``, that
provides ``semver`` at its version, and dependencies refer to the provided name. A distribution tag is a name too:
``semver@next``.
"""

import re
from collections.abc import Callable

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.versions.npm import parse_range, parse_version, satisfies, sort_key_of


class NpmDialect(Dialect):
    """The dialect of npm: a clause is ``name@range``, ``name@tag``, or a bare name for any version."""

    name = "npm"
    slots = True
    """Several versions can be installed side by side; of those that provide a name, the newest is preferred."""

    def __init__(self) -> None:
        """Create a dialect with an empty cache of ranges."""
        self._ranges: dict[str, Callable[[str], bool]] = {}

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort in the order of Semantic Versioning; raise ``ValueError`` for an invalid version."""
        return sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version satisfies an atom."""
        if not atom.relation or not atom.version.strip():
            return True
        if not version:
            return False
        if atom.relation == "!=":
            return parse_version(atom.version) != parse_version(version)
        text = atom.version if atom.relation == "in" else atom.relation + atom.version
        contains = self._ranges.get(text)
        if contains is None:
            span = parse_range(text)
            contains = self._ranges[text] = lambda version: satisfies(parse_version(version), span)
        return contains(version)

    def parse_clause(self, text: str) -> Clause:
        """Parse ``name@range``; the range may also follow after a space or begin with its operator."""
        found = re.fullmatch(r"\s*(@[^/\s]+/)?([^@\s<>=^~|]+)\s*(?:@|(?=[<>=^~|\s]))?\s*(.*?)\s*", text)
        if found is None or not re.search(r"[A-Za-z0-9]", found[2]):
            raise ValueError(f"`{text}` is not of the form `name@range`")
        name, span = (found[1] or "") + found[2], found[3]
        if span in {"", "*"}:
            return (Atom(name),)
        try:
            parse_range(span)
        except ValueError:
            if re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", span):
                return (Atom(f"{name}@{span}"),)
            raise
        return (Atom(name, "in", span),)

    def parse_provide(self, text: str) -> Provide:
        """Parse ``name=version`` or a bare name."""
        name, _, version = text.partition("=")
        return Provide(name, version)
