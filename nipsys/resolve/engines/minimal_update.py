"""Minimise an update: packages that left the lock without need are restored.

The search prefers locked versions, but a version given up early may be possible after all. So each locked package that moved is tried
again in its locked version, all at once first, then one by one. The remaining moves are necessary: none of those locked versions is
compatible with what was updated. That is not the smallest number of moves, which takes a proof (``--minimal-change``).
"""

from collections.abc import Collection, Iterable

from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.instance import Answer, BudgetExceeded, Dependency, Expansion, Instance, Universe

_MAX_TRIES = 24
"""More moves than this are only tried all at once."""
_BUDGET = 200


def minimize_changes(instance: Instance, answer: Answer, locked: Collection[int], updated: Iterable[int]) -> Answer:
    """Return an answer that keeps the chosen candidates ``updated`` and in which no further locked candidate can be restored."""
    group = instance.universe.group
    barred = {other for one in updated for other in group(one) if other != one}
    hopeless: set[int] = set()
    together = True
    while True:
        away = [one for one in _find_moved(instance, answer, locked) if one not in hopeless]
        if not away or len(hopeless) == _MAX_TRIES:
            return answer
        tried = away if together else away[:1]
        attempt = _solve_without(instance, barred | {other for one in tried for other in group(one) if other != one})
        if attempt is not None and len(_find_moved(instance, attempt, locked)) < len(_find_moved(instance, answer, locked)):
            barred.update(other for one in tried for other in group(one) if other != one)
            answer = attempt._replace(engine=answer.engine, conflicts=answer.conflicts + attempt.conflicts)
        elif together and len(away) <= _MAX_TRIES:
            together = False
        elif together:
            return answer
        else:
            hopeless.add(tried[0])


def _find_moved(instance: Instance, answer: Answer, locked: Collection[int]) -> list[int]:
    """Return the locked candidates that another candidate of their group has replaced."""
    chosen = frozenset(answer.chosen)
    groups = {(group := instance.universe.group(one)).start: group for one in answer.chosen}
    return sorted(one for group in groups.values() if len(group) > 1 for one in group if one in locked and one not in chosen)


def _solve_without(instance: Instance, barred: Collection[int]) -> Answer | None:
    try:
        outcome = CdclEngine(_BUDGET).solve(instance._replace(universe=_RestrictedUniverse(instance.universe, barred)))
    except BudgetExceeded:
        return None
    return outcome if isinstance(outcome, Answer) else None


class _RestrictedUniverse:
    """A universe in which some candidates cannot be chosen."""

    def __init__(self, universe: Universe, barred: Collection[int]) -> None:
        self._universe, self._barred = universe, barred

    @property
    def size(self) -> int:
        return self._universe.size

    def group(self, candidate: int) -> range:
        return self._universe.group(candidate)

    def expand(self, candidate: int) -> Expansion:
        if candidate in self._barred:
            return Expansion((Dependency((), 0, choice=False),), (), ())
        return self._universe.expand(candidate)
