"""How Gentoo writes dependencies: atoms joined by ``||``, with their USE conditions already evaluated."""

import re

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.sources.gentoo.atoms import NAME, evaluate_use, parse_dependency, parse_relation
from nipsys.versions.gentoo import is_within, sort_key_of, strip_build


class GentooDialect(Dialect):
    """The dialect of Gentoo: a clause is atoms joined by ``||``, with their USE conditions already evaluated."""

    name = "gentoo"
    slots = True
    """Several versions can be installed side by side; of those that provide a name, the newest is preferred."""

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort in the order of PMS."""
        return sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version satisfies an atom; build numbers are ignored."""
        if not atom.relation:
            return True
        if not version:
            return False
        have = strip_build(version)
        if atom.relation == "in":
            return is_within(atom.version, have)
        left, right = sort_key_of(have), sort_key_of(atom.version)
        match atom.relation:
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

    def parse_clause(self, text: str) -> Clause:
        """Parse atoms joined by ``||``; a name may also come before its relation and version: ``app-misc/hello >=2``."""
        return tuple(_parse_atom(part) for part in text.split("||"))

    def parse_provide(self, text: str) -> Provide:
        """Parse ``name=version`` or a bare name."""
        name, _, version = text.partition("=")
        return Provide(name, version)


def _parse_atom(text: str) -> Atom:
    turned = re.fullmatch(rf"\s*({NAME}(?::[^\s<>=~]+)?)\s*([<>]=?|!?=|~)\s*(\d\S*)\s*", text, re.ASCII)
    if turned is not None:
        name, sign, version = turned.groups()
        sort_key_of(version.rstrip("*"))
        relation, bound = parse_relation(sign, version.rstrip("*"), "*" if version.endswith("*") else "")
        return Atom(name, relation, bound)
    found = parse_dependency(text)
    if found.blocks or any(condition for _, _, condition in found.use):
        raise ValueError(f"`{text}` is a blocker or has a USE condition")
    return found.atom._replace(flags=evaluate_use(found.use, frozenset()))
