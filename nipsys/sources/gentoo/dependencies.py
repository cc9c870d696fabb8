"""Gentoo's dependency strings (PMS 8.2): USE conditions are evaluated, groups become clauses that must all hold."""

from itertools import product
from typing import NamedTuple

from nipsys.sources.gentoo.atoms import Dependency, evaluate_use, parse_dependency

_CLAUSE_LIMIT = 2_000
"""Clauses one string may expand to: nested groups multiply."""

EMPTY_CHOICE = "nothing/empty-choice"
"""What a choice without members requires: a package that never exists (PMS 8.2.3, since EAPI 7)."""

Clauses = list[tuple[str, ...]]
"""All must hold, each through one of its atoms."""


class Dependencies(NamedTuple):
    """Dependencies and conflicts of a package, each a clause in the dialect."""

    depends: tuple[str, ...]
    conflicts: tuple[str, ...]


def parse_dependencies(text: str, on: frozenset[str]) -> Dependencies:
    """Read a dependency string of a package built with the flags ``on``; ``ValueError`` with a sentence when it is invalid."""
    words = text.split()
    clauses, place = _parse_all(words, 0, on)
    if place != len(words):
        raise ValueError("a `)` without an open group")
    needs: dict[str, None] = {}
    refuses: dict[str, None] = {}
    for clause in clauses:
        wanted = [atom for atom in clause if not atom.startswith("!")]
        if wanted:
            needs[" || ".join(wanted)] = None
        else:
            refuses.update(dict.fromkeys(atom.lstrip("!") for atom in clause))
    return Dependencies(tuple(needs), tuple(refuses))


def _parse_all(words: list[str], place: int, on: frozenset[str]) -> tuple[Clauses, int]:
    """Read members until the group ends; all of them must hold."""
    found: Clauses = []
    while place < len(words) and words[place] != ")":
        more, place = _parse_member(words, place, on)
        found += more
        if len(found) > _CLAUSE_LIMIT:
            raise ValueError(f"it has more than {_CLAUSE_LIMIT} clauses")
    return found, place


def _parse_any(words: list[str], place: int, on: frozenset[str]) -> tuple[Clauses, int]:
    """Read members until the group ends; one of them must hold. A member that is empty, as its condition is not met, does not count."""
    members: list[Clauses] = []
    while place < len(words) and words[place] != ")":
        more, place = _parse_member(words, place, on)
        if more:
            members.append(more)
    size = 1
    for member in members:
        size *= max(len(member), 1)
        if size > _CLAUSE_LIMIT:
            raise ValueError(f"it has more than {_CLAUSE_LIMIT} clauses")
    if not members:
        return [(EMPTY_CHOICE,)], place
    return [tuple(dict.fromkeys(atom for clause in choice for atom in clause)) for choice in product(*members)], place


def _parse_member(words: list[str], place: int, on: frozenset[str]) -> tuple[Clauses, int]:
    """Read one atom or group; no clauses for a group whose condition is not met."""
    word = words[place]
    if word == "(":
        return _close_group(*_parse_all(words, place + 1, on), words)
    if word in {"||", "^^", "??"}:
        if words[place + 1 : place + 2] != ["("]:
            raise ValueError(f"`{word}` is not followed by a group")
        found, place = _close_group(*_parse_any(words, place + 2, on), words)
        return (found if word != "??" else []), place
    if word.endswith("?"):
        if words[place + 1 : place + 2] != ["("]:
            raise ValueError(f"`{word}` is not followed by a group")
        flag = word[:-1].lstrip("!")
        found, place = _close_group(*_parse_all(words, place + 2, on), words)
        return (found if (flag in on) != word.startswith("!") else []), place
    return [(_spell_atom(parse_dependency(word), on),)], place + 1


def _close_group(found: Clauses, place: int, words: list[str]) -> tuple[Clauses, int]:
    if place >= len(words):
        raise ValueError("a group is not closed")
    return found, place + 1


def _spell_atom(found: Dependency, on: frozenset[str]) -> str:
    """Write an atom for the dialect, with the conditions of its USE flags evaluated."""
    atom, asked = found.atom, evaluate_use(found.use, on)
    if atom.relation == "in":
        sign, version = atom.version[0], atom.version[1:]
    else:
        sign, version = atom.relation, atom.version
    name, _, slot = atom.name.partition(":")
    text = f"{sign}{name}" + (f"-{version}" if version else "") + (f":{slot}" if slot else "") + (f"[{','.join(asked)}]" if asked else "")
    text = text.replace("[+", "[").replace(",+", ",")
    return f"!{text}" if found.blocks else text
