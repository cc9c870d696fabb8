"""How pkgsrc writes dependencies: ``libgreet>=2<3``, ``{ssh,openssh}-[0-9]*`` (pkg_info(1), "PACKAGE WILDCARDS")."""

import re
from fnmatch import fnmatchcase

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.versions.pkgsrc import sort_key_of

_BOUND = re.compile(r"(<=|<|>=|>)([^<>]*)")

_GLOB = re.compile(r"([^*?\[\]<>]+)-([^-\[]*(?:\[[^\]]*\][^-\[]*)*)")

_NAME = re.compile(r"(?:[A-Za-z0-9_.+-]+/)?[A-Za-z0-9_.+-]+", re.ASCII)
"""The name of a package, or its path in the pkgsrc tree."""

_MAX_ALTERNATIVES = 1_000
"""Maximum number of alternatives that a pattern may expand to."""


class PkgsrcDialect(Dialect):
    """The dialect of pkgsrc: a clause is one package pattern, whose alternatives become atoms."""

    name = "pkgsrc"

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort in the order of pkgsrc."""
        return sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version satisfies an atom; an ``in`` range is a pair of bounds (``>=1<2``) or a shell pattern (``1.2.*``)."""
        if not atom.relation:
            return True
        if not version:
            return False
        if atom.relation != "in":
            return _holds(atom.relation, version, atom.version)
        if atom.version[:1] in {"<", ">"}:
            return all(_holds(sign, version, limit) for sign, limit in _BOUND.findall(atom.version))
        return fnmatchcase(version, atom.version.replace("[^", "[!"))

    def parse_clause(self, text: str) -> Clause:
        """Parse a pattern: ``libgreet>=2<3``, ``{ssh,openssh}-[0-9]*``, ``hello-2.1nb3``, or a bare name."""
        return tuple(_parse_atom(choice.replace(" ", "")) for choice in expand_braces(text.strip()))

    def parse_provide(self, text: str) -> Provide:
        """Parse ``name=version`` or a bare name."""
        name, _, version = text.partition("=")
        return Provide(name, version)


def expand_braces(pattern: str) -> tuple[str, ...]:
    """Expand the braces of a pattern such as ``{a,b}-[0-9]*``, in order; raise ``ValueError`` for too many alternatives."""
    found = [pattern]
    while any("{" in text for text in found):
        found = [part for text in found for part in _expand_first(text)]
        if len(found) > _MAX_ALTERNATIVES:
            raise ValueError(f"`{pattern}` expands to more than {_MAX_ALTERNATIVES} patterns")
    return tuple(dict.fromkeys(found))


def _expand_first(text: str) -> list[str]:
    group = re.search(r"\{([^{}]*)\}", text)
    if group is None:
        if "{" in text:
            raise ValueError(f"unclosed brace in `{text}`")
        return [text]
    return [text[: group.start()] + word + text[group.end() :] for word in group[1].split(",")]


def _parse_atom(pattern: str) -> Atom:
    found = _parse_pattern(pattern)
    if _NAME.fullmatch(found.name) is None:
        raise ValueError(f"`{pattern}` is not a package pattern")
    return found


def _parse_pattern(pattern: str) -> Atom:
    sign = re.search(r"[<>]|!=|=", pattern)
    if sign is not None:
        name, bounds = pattern[: sign.start()], pattern[sign.start() :]
        if bounds[0] in "!=":
            relation = "!=" if bounds[0] == "!" else "="
            return Atom(name, relation, bounds.lstrip("!="))
        # an upper bound may follow a lower one, nothing else may follow; `>=` without a version occurs and means 0
        if not name or re.fullmatch(r"(?:>=?[^<>]*)?(?:<=?[^<>]*)?", bounds) is None:
            raise ValueError(f"`{pattern}` is not a package pattern")
        return Atom(name, "in", bounds)
    found = _GLOB.fullmatch(pattern)
    if found is not None and (found[2][:1].isdecimal() or any(mark in found[2] for mark in "*?[")):
        return Atom(found[1]) if found[2] in {"[0-9]*", "*"} else Atom(found[1], "in", found[2])
    if not pattern or any(mark in pattern for mark in "*?[]"):
        raise ValueError(f"`{pattern}` has a wildcard in the package name")
    return Atom(pattern)


def _holds(relation: str, version: str, limit: str) -> bool:
    left, right = sort_key_of(version), sort_key_of(limit)
    match relation:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "!=":
            return left != right
        case _:
            return left == right
