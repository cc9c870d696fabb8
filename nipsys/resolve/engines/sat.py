"""The fallback engine: python-sat as an oracle, so that hard instances follow the same policy as easy ones.

A plain SAT model has few packages but old versions. So every root's first member is an assumption; of those that contradict each other
according to the cores, the last one moves on to its next member. Everywhere else the solver's phases prefer the newest. The solver gets
only the clauses of what it chooses and is called again until it chooses nothing new: most of what is reachable never matters.
The model is then walked from the roots in the built-in engine's order, which drops packages that nothing depends on. If there are
recommendations, the built-in engine solves the instance itself, with the model as preference.
"""

from collections import deque
from collections.abc import Iterable

from pysat.solvers import Solver as Procedure

from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.instance import Answer, Core, CoreClause, Dependency, Expansion, Instance, Root
from nipsys.resolve.engines.reachable import ReachableClauses, find_reachable

_ENGINE = "glucose4"
_ROUNDS = 200


class SatEngine:
    """The engine; its answers say ``sat``."""

    def solve(self, instance: Instance) -> Answer | Core:
        """Return an answer, or the core of the conflict."""
        with Procedure(name=_ENGINE) as procedure:
            rounds, chosen = _solve_preferred(procedure, instance)
        if chosen is None:
            return Core(_find_core(find_reachable(instance)), "sat", rounds)
        walked = _prune(instance, chosen)
        if walked is not None:
            return Answer(walked, "sat", rounds)
        answer = CdclEngine().solve(_guide(instance, chosen))
        assert isinstance(answer, Answer), "a model of all clauses leads the search"
        return Answer(answer.chosen, "sat", rounds + answer.conflicts)


def _solve_preferred(procedure: Procedure, instance: Instance) -> tuple[int, frozenset[int] | None]:
    """Satisfy every root with its first possible member, then let the rest follow.

    Return the number of rounds and the chosen candidates, ``None`` for them when there is no answer.
    """
    encoding = _LazyEncoding(procedure, instance)
    members_left = [iter(root.members) for root in instance.roots]
    wanted = {place: encoding.literal_of(next(members)) for place, members in enumerate(members_left)}
    rounds = 0
    while True:
        if procedure.solve(assumptions=list(dict.fromkeys(wanted.values()))):
            chosen = encoding.chosen_by(procedure.get_model() or ())
            if not encoding.add_clauses_of(chosen):
                return rounds, frozenset(chosen)
            continue
        blamed = frozenset(procedure.get_core() or ())
        if not blamed:
            return rounds, None
        rounds += 1
        if rounds == _ROUNDS:
            wanted = {}
            continue
        last = max(place for place, literal in wanted.items() if literal in blamed)
        following = next(members_left[last], None)
        if following is None:
            del wanted[last]
        else:
            wanted[last] = encoding.literal_of(following)


class _LazyEncoding:
    """The clauses given to the solver so far: those of the roots and of what it chose, not of everything reachable.

    A candidate's dependencies and conflicts only matter if it is chosen, so a model is an answer once the clauses of all chosen candidates
    were added; and if some of the clauses are contradictory, all of them are.
    """

    def __init__(self, procedure: Procedure, instance: Instance) -> None:
        self._procedure, self._universe = procedure, instance.universe
        self._literals: dict[int, int] = {}
        self._candidates: list[int] = []
        self._followed: set[int] = set()
        for root in instance.roots:
            self._add_clause((), root.members)

    def literal_of(self, candidate: int) -> int:
        """Return the literal of a candidate; on first use, exclude the others of its group."""
        known = self._literals.get(candidate)
        if known is None:
            others = [self._literals[other] for other in self._universe.group(candidate) if other in self._literals]
            self._candidates.append(candidate)
            known = self._literals[candidate] = len(self._candidates)
            self._procedure.set_phases([-known])
            for other in others:
                self._procedure.add_clause([-known, -other])
        return known

    def chosen_by(self, model: Iterable[int]) -> list[int]:
        """Return the candidates chosen by a model."""
        return [self._candidates[literal - 1] for literal in model if literal > 0]

    def add_clauses_of(self, chosen: Iterable[int]) -> bool:
        """Add the clauses of ``chosen``, preferring the first member of every dependency; ``False`` when all were added before."""
        fresh = [candidate for candidate in chosen if candidate not in self._followed]
        self._followed.update(fresh)
        for candidate in fresh:
            expansion = self._universe.expand(candidate)
            itself = -self.literal_of(candidate)
            for need in expansion.depends:
                self._add_clause((itself,), need.members)
            for other, _ in expansion.conflicts:
                self._procedure.add_clause([itself, -self.literal_of(other)])
        return bool(fresh)

    def _add_clause(self, unless: tuple[int, ...], members: tuple[int, ...]) -> None:
        literals = [self.literal_of(member) for member in members]
        self._procedure.set_phases(literals[:1])
        self._procedure.add_clause([*unless, *literals])


def _find_core(reached: ReachableClauses) -> tuple[CoreClause, ...]:
    """Find a core by solving again with one assumption for each clause."""
    first = reached.candidates[-1] + 2
    rows = [[*row, -(first + place)] for place, row in enumerate(reached.rows)]
    with Procedure(name=_ENGINE, bootstrap_with=rows) as procedure:
        broken = not procedure.solve(assumptions=list(range(first, first + len(rows))))
        assert broken, "the same clauses were a contradiction a moment ago"
        found = sorted(procedure.get_core() or ())
    clauses = reached.clauses
    return tuple(sorted((clauses[switch - first] for switch in found), key=lambda clause: clause[::-1]))


def _prune(instance: Instance, chosen: frozenset[int]) -> tuple[int, ...] | None:
    """Keep what the roots of a model depend on, real alternatives last; ``None`` if that has recommendations: a model ignores them."""
    expand = instance.universe.expand
    taken: set[int] = set()
    plain, choices = deque[tuple[int, ...]](), deque[tuple[int, ...]]()
    for root in instance.roots:
        (choices if root.choice else plain).append(root.members)
    while plain or choices:
        members = (plain or choices).popleft()
        if not taken.isdisjoint(members):
            continue
        candidate = next(member for member in members if member in chosen)
        taken.add(candidate)
        needs, recommends, _ = expand(candidate)
        if recommends:
            return None
        for need in needs:
            (choices if need.choice else plain).append(need.members)
    return tuple(sorted(taken))


class _GuidedUniverse:
    """A universe in which the candidates chosen by a model come first."""

    def __init__(self, instance: Instance, chosen: frozenset[int]) -> None:
        self._universe = instance.universe
        self._chosen = chosen

    @property
    def size(self) -> int:
        return self._universe.size

    def group(self, candidate: int) -> range:
        return self._universe.group(candidate)

    def expand(self, candidate: int) -> Expansion:
        expansion = self._universe.expand(candidate)
        return expansion._replace(depends=[self._prefer_in(need) for need in expansion.depends])

    def _prefer_in(self, need: Dependency) -> Dependency:
        members = self.prefer_chosen(need.members)
        return need if members is need.members else need._replace(members=members)

    def prefer_chosen(self, members: tuple[int, ...]) -> tuple[int, ...]:
        if not members or members[0] in self._chosen or self._chosen.isdisjoint(members):
            return members
        return tuple(sorted(members, key=lambda member: member not in self._chosen))


def _guide(instance: Instance, chosen: frozenset[int]) -> Instance:
    universe = _GuidedUniverse(instance, chosen)
    return Instance(universe, tuple(Root(universe.prefer_chosen(root.members), root.choice) for root in instance.roots))
