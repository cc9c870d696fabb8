"""The fallback engine: python-sat as an oracle, so that a hard question keeps the policy of the easy ones.

A plain answer of a decision procedure is small but old. So every root in its preferred version is an assumption, and those that
contradict each other are given up one by one, by the cores the procedure tells; everywhere else it is told to like the newest. What it then
chose is handed to the own engine as preference, which walks it without a conflict and leaves out what nothing needs.
"""

from collections.abc import Collection

from pysat.solvers import Solver as Procedure

from nipsys.resolve.lazy import Lazy
from nipsys.resolve.question import Answer, Core, CoreClause, Expansion, Need, Question, Root
from nipsys.resolve.reach import Reached, reach

_ENGINE = "cadical195"
_ROUNDS = 200


class Sat:
    """The engine; its answers say ``sat``."""

    def solve(self, question: Question) -> Answer | Core:
        """Choose, or tell why not."""
        reached = reach(question)
        number = {candidate: place for place, candidate in enumerate(reached.candidates, 1)}
        with Procedure(name=_ENGINE) as procedure:
            for clause in reached.clauses:
                procedure.add_clause([number[literal - 1] if literal > 0 else -number[-literal - 1] for literal in clause.literals])
            if not procedure.solve():
                return Core(_core(reached, number), "sat", 0)
            procedure.set_phases(_phases(question, number))
            rounds, model = _favoured(procedure, question, number)
        chosen = frozenset(candidate for candidate, place in number.items() if place in model)
        answer = Lazy().solve(_guided(question, chosen))
        assert isinstance(answer, Answer), "a model of all clauses leads the search"
        return Answer(answer.chosen, "sat", rounds + answer.conflicts)


def _favoured(procedure: Procedure, question: Question, number: dict[int, int]) -> tuple[int, frozenset[int]]:
    """Keep as many roots as can be in their preferred version, then let the rest follow."""
    wishes = list(dict.fromkeys(number[root.members[0]] for root in question.roots))
    rounds = 0
    while rounds < _ROUNDS and not procedure.solve(assumptions=wishes):
        blamed = frozenset(procedure.get_core() or ())
        last = max(place for place, wish in enumerate(wishes) if wish in blamed)
        del wishes[last]
        rounds += 1
    if rounds == _ROUNDS:
        procedure.solve()
    return rounds, frozenset(literal for literal in procedure.get_model() or () if literal > 0)


def _phases(question: Question, number: dict[int, int]) -> list[int]:
    """Like the first reached member of every group and dislike the others, wherever the procedure is free."""
    group = question.universe.group
    return [
        place if next(member for member in group(candidate) if member in number) == candidate else -place
        for candidate, place in number.items()
    ]


def _core(reached: Reached, number: dict[int, int]) -> tuple[CoreClause, ...]:
    """Find a contradiction among the clauses by asking again with one switch a clause."""
    first = len(number) + 1
    with Procedure(name=_ENGINE) as procedure:
        for place, clause in enumerate(reached.clauses):
            row = [number[literal - 1] if literal > 0 else -number[-literal - 1] for literal in clause.literals]
            procedure.add_clause([*row, -(first + place)])
        broken = not procedure.solve(assumptions=list(range(first, first + len(reached.clauses))))
        assert broken, "the same clauses were a contradiction a moment ago"
        found = sorted(procedure.get_core() or ())
    return tuple(sorted((reached.clauses[switch - first] for switch in found), key=lambda clause: clause[::-1]))


class _Guided:
    """A universe in which what a model chose comes first."""

    def __init__(self, question: Question, chosen: Collection[int]) -> None:
        self._universe = question.universe
        self._chosen = chosen

    @property
    def size(self) -> int:
        return self._universe.size

    def group(self, candidate: int) -> range:
        return self._universe.group(candidate)

    def expand(self, candidate: int) -> Expansion:
        expansion = self._universe.expand(candidate)
        needs = [Need(self.order(need.members), need.origin, need.choice) for need in expansion.needs]
        return Expansion(needs, expansion.wishes, expansion.rivals)

    def order(self, members: tuple[int, ...]) -> tuple[int, ...]:
        if len(members) == 1:
            return members
        return tuple(sorted(members, key=lambda member: member not in self._chosen))


def _guided(question: Question, chosen: Collection[int]) -> Question:
    universe = _Guided(question, chosen)
    return Question(universe, tuple(Root(universe.order(root.members), root.choice) for root in question.roots))
