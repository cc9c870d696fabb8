"""The part of a universe that a question can reach, as clauses: what the engines that are not lazy are given."""

from collections.abc import Sequence
from typing import NamedTuple

from nipsys.resolve.question import ALONE, ROOT, CoreClause, Question


class Reached(NamedTuple):
    """Every clause that can matter, and the order in which an engine should like the candidates."""

    candidates: tuple[int, ...]
    """Sorted."""
    clauses: tuple[CoreClause, ...]


def reach(question: Question) -> Reached:
    """Follow needs (not wishes) from the roots, over every member; rivals and groups count where both sides were reached."""
    universe = question.universe
    seen = dict.fromkeys(member for root in question.roots for member in root.members)
    todo: list[int] = list(seen)
    clauses = [CoreClause(tuple([member + 1 for member in root.members]), (ROOT, number, 0)) for number, root in enumerate(question.roots)]
    rivals: list[tuple[int, int, tuple[int, int, int]]] = []
    while todo:
        candidate = todo.pop()
        expansion = universe.expand(candidate)
        for need in expansion.needs:
            clauses.append(CoreClause((-(candidate + 1), *[member + 1 for member in need.members]), need.origin))
            for member in need.members:
                if member not in seen:
                    seen[member] = None
                    todo.append(member)
        rivals += [(candidate, other, origin) for other, origin in expansion.rivals]
    clauses += [CoreClause((-(one + 1), -(two + 1)), origin) for one, two, origin in rivals if two in seen]
    candidates = tuple(sorted(seen))
    clauses += _groups(question, candidates, seen)
    return Reached(candidates, tuple(clauses))


def _groups(question: Question, candidates: Sequence[int], seen: dict[int, None]) -> list[CoreClause]:
    out: list[CoreClause] = []
    for candidate in candidates:
        out += [
            CoreClause((-(candidate + 1), -(other + 1)), (ALONE, candidate, other))
            for other in question.universe.group(candidate)
            if other > candidate and other in seen
        ]
    return out
