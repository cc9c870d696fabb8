"""The reachable part of a universe as clauses: the input of the engines that are not lazy."""

from collections.abc import Sequence

from nipsys.resolve.engines.instance import DEPENDS, EXCLUSIVE, ROOT, CoreClause, Dependency, Instance, Origin


class ReachableClauses:
    """Every relevant clause as a plain row, with the origins alongside."""

    __slots__ = ("_asked", "_rest", "_roots", "candidates", "rows")

    def __init__(
        self,
        candidates: tuple[int, ...],
        rows: list[list[int]],
        roots: int,
        asked: list[tuple[int, Sequence[Dependency]]],
        rest: list[Origin],
    ) -> None:
        """Hold ``rows``: first the roots, then the dependencies of ``asked``, then the others with the origins ``rest``."""
        self.candidates = candidates
        """Sorted."""
        self.rows = rows
        """Literals: ``candidate + 1``, or its negative."""
        self._roots, self._asked, self._rest = roots, asked, rest

    @property
    def origins(self) -> list[Origin]:
        """The origin of each row; computed on demand, because only conflicts and proofs need it."""
        roots = [(ROOT, number, 0) for number in range(self._roots)]
        return [*roots, *[(DEPENDS, candidate, need.clause) for candidate, needs in self._asked for need in needs], *self._rest]

    @property
    def clauses(self) -> tuple[CoreClause, ...]:
        """All clauses with their origins."""
        return tuple(CoreClause(tuple(row), origin) for row, origin in zip(self.rows, self.origins, strict=True))


def find_reachable(instance: Instance) -> ReachableClauses:
    """Follow dependencies (not recommendations) from the roots over all members; conflicts and groups count if both sides are reached."""
    expand = instance.universe.expand
    todo = list(dict.fromkeys(member for root in instance.roots for member in root.members))
    seen = set(todo)
    rows = [[member + 1 for member in root.members] for root in instance.roots]
    asked: list[tuple[int, Sequence[Dependency]]] = []
    rest: list[Origin] = []
    rivals: list[tuple[int, int, Origin]] = []
    literals: dict[tuple[int, ...], list[int]] = {}
    while todo:
        candidate = todo.pop()
        expansion = expand(candidate)
        itself = -(candidate + 1)
        asked.append((candidate, expansion.depends))
        for members, _, _ in expansion.depends:
            positive = literals.get(members)
            if positive is None:
                positive = literals[members] = [member + 1 for member in members]
                fresh = [member for member in members if member not in seen]
                seen.update(fresh)
                todo += fresh
            rows.append([itself, *positive])
        rivals += [(itself, other, origin) for other, origin in expansion.conflicts]
    for itself, other, origin in rivals:
        if other in seen:
            rows.append([itself, -(other + 1)])
            rest.append(origin)
    candidates = tuple(sorted(seen))
    _exclude_within_groups(instance, candidates, rows, rest)
    return ReachableClauses(candidates, rows, len(instance.roots), asked, rest)


def _exclude_within_groups(instance: Instance, candidates: tuple[int, ...], rows: list[list[int]], origins: list[Origin]) -> None:
    """Make the reached members of a group exclude each other; groups are ranges, so a group's members are adjacent."""
    group = instance.universe.group
    place = 0
    while place < len(candidates):
        stop = group(candidates[place]).stop
        end = place + 1
        while end < len(candidates) and candidates[end] < stop:
            end += 1
        for one in range(place, end):
            for two in range(one + 1, end):
                rows.append([-(candidates[one] + 1), -(candidates[two] + 1)])
                origins.append((EXCLUSIVE, candidates[one], candidates[two]))
        place = end
