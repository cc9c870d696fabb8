"""The fallback engine: python-sat as an oracle, so that a hard question keeps the policy of the easy ones.

A plain answer of a decision procedure is small but old. So every root in its preferred version is an assumption, and those that
contradict each other are given up one by one, by the cores the procedure tells; everywhere else it is told to like the newest. What it then
chose is walked from the roots in the own engine's order, which leaves out what nothing needs; where something is wished besides, that
engine does it itself, with the choice as preference.
"""

from collections import deque

from pysat.solvers import Solver as Procedure

from nipsys.resolve.lazy import Lazy
from nipsys.resolve.question import Answer, Core, CoreClause, Expansion, Need, Question, Root
from nipsys.resolve.reach import Reached, reach

_ENGINE = "glucose4"
_ROUNDS = 200


class Sat:
    """The engine; its answers say ``sat``."""

    def solve(self, question: Question) -> Answer | Core:
        """Choose, or tell why not."""
        reached = reach(question)
        with Procedure(name=_ENGINE, bootstrap_with=reached.rows) as procedure:
            procedure.set_phases(_phases(question, reached))
            rounds, chosen = _favoured(procedure, question)
        if chosen is None:
            return Core(_core(reached), "sat", rounds)
        walked = _walked(question, chosen)
        if walked is not None:
            return Answer(walked, "sat", rounds)
        answer = Lazy().solve(_guided(question, chosen))
        assert isinstance(answer, Answer), "a model of all clauses leads the search"
        return Answer(answer.chosen, "sat", rounds + answer.conflicts)


def _favoured(procedure: Procedure, question: Question) -> tuple[int, frozenset[int] | None]:
    """Keep as many roots as can be in their preferred version, then let the rest follow.

    Gives the rounds it took and the chosen candidates; ``None`` for them when there is no answer at all.
    """
    wishes = list(dict.fromkeys(root.members[0] + 1 for root in question.roots))
    rounds = 0
    while rounds < _ROUNDS and not procedure.solve(assumptions=wishes):
        blamed = frozenset(procedure.get_core() or ())
        if not blamed:
            return rounds, None
        last = max(place for place, wish in enumerate(wishes) if wish in blamed)
        del wishes[last]
        rounds += 1
    if rounds == _ROUNDS and not procedure.solve():
        return rounds, None
    return rounds, frozenset(literal - 1 for literal in procedure.get_model() or () if literal > 0)


def _phases(question: Question, reached: Reached) -> list[int]:
    """Like the first reached member of every group and dislike the others, wherever the procedure is free."""
    group = question.universe.group
    phases = []
    stop = -1
    for candidate in reached.candidates:
        phases.append(candidate + 1 if candidate >= stop else -(candidate + 1))
        if candidate >= stop:
            stop = group(candidate).stop
    return phases


def _core(reached: Reached) -> tuple[CoreClause, ...]:
    """Find a contradiction among the clauses by asking again with one switch a clause."""
    first = reached.candidates[-1] + 2
    rows = [[*row, -(first + place)] for place, row in enumerate(reached.rows)]
    with Procedure(name=_ENGINE, bootstrap_with=rows) as procedure:
        broken = not procedure.solve(assumptions=list(range(first, first + len(rows))))
        assert broken, "the same clauses were a contradiction a moment ago"
        found = sorted(procedure.get_core() or ())
    clauses = reached.clauses
    return tuple(sorted((clauses[switch - first] for switch in found), key=lambda clause: clause[::-1]))


def _walked(question: Question, chosen: frozenset[int]) -> tuple[int, ...] | None:
    """Take of a model what the roots need, real alternatives last; ``None`` when some of it has wishes, which a model says nothing of."""
    expand = question.universe.expand
    taken: set[int] = set()
    plain, choices = deque[tuple[int, ...]](), deque[tuple[int, ...]]()
    for root in question.roots:
        (choices if root.choice else plain).append(root.members)
    while plain or choices:
        members = (plain or choices).popleft()
        if not taken.isdisjoint(members):
            continue
        candidate = next(member for member in members if member in chosen)
        taken.add(candidate)
        needs, wishes, _ = expand(candidate)
        if wishes:
            return None
        for need in needs:
            (choices if need.choice else plain).append(need.members)
    return tuple(sorted(taken))


class _Guided:
    """A universe in which what a model chose comes first."""

    def __init__(self, question: Question, chosen: frozenset[int]) -> None:
        self._universe = question.universe
        self._chosen = chosen

    @property
    def size(self) -> int:
        return self._universe.size

    def group(self, candidate: int) -> range:
        return self._universe.group(candidate)

    def expand(self, candidate: int) -> Expansion:
        expansion = self._universe.expand(candidate)
        return expansion._replace(needs=[self._ordered(need) for need in expansion.needs])

    def _ordered(self, need: Need) -> Need:
        members = self.order(need.members)
        return need if members is need.members else need._replace(members=members)

    def order(self, members: tuple[int, ...]) -> tuple[int, ...]:
        if not members or members[0] in self._chosen or self._chosen.isdisjoint(members):
            return members
        return tuple(sorted(members, key=lambda member: member not in self._chosen))


def _guided(question: Question, chosen: frozenset[int]) -> Question:
    universe = _Guided(question, chosen)
    return Question(universe, tuple(Root(universe.order(root.members), root.choice) for root in question.roots))
