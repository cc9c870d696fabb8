"""The default engine: lazy conflict-driven clause learning (CDCL) with chronological backtracking, in plain Python.

Clauses of a candidate are created when it is first chosen; dependencies that stay satisfied as long as it is chosen never become clauses.
Versions of one name are decided before real alternatives; recommendations come last. Conflicts are learned as first-UIP clauses, kept with
the clauses they were derived from, so that a conflict can be explained in the user's own terms. After a conflict only the last level is
undone (A. Nadel, V. Ryvchin, "Chronological Backtracking", SAT 2018): most learned clauses are single facts, and a jump to the start would
discard thousands of good choices each time.

Literals are ``candidate + 1`` (chosen) and its negative (not chosen).
"""

from collections.abc import Sequence
from typing import NamedTuple

from nipsys.resolve.engines.instance import EXCLUSIVE, ROOT, Answer, BudgetExceeded, Core, Dependency, Instance
from nipsys.resolve.engines.trail import (
    FALSE,
    OPEN,
    TRUE,
    Clause,
    Exclusion,
    PendingDependency,
    Trail,
    make_clause,
    make_dependency,
    make_exclusion,
)


class _Watch:
    """A clause and its two watched literals."""

    __slots__ = ("clause", "one", "two")

    def __init__(self, clause: Clause, one: int, two: int) -> None:
        self.clause = clause
        self.one = one
        self.two = two


class _Expanded(NamedTuple):
    """The expansion of a candidate in the form the search needs."""

    depends: Sequence[Dependency]
    recommends: list[Clause]
    group: Sequence[int]
    """Its group if that has another member, else empty."""


class CdclEngine:
    """The engine; one object can solve many instances."""

    def __init__(self, budget: int | None = None) -> None:
        """Allow ``budget`` conflicts before ``BudgetExceeded``; ``None`` allows any number."""
        self._budget = budget

    def solve(self, instance: Instance) -> Answer | Core:
        """Return an answer, or the core of the conflict."""
        return _Search(instance, self._budget).run()


class _Search(Trail):
    """The state of one solve."""

    def __init__(self, instance: Instance, budget: int | None) -> None:
        super().__init__(instance.universe.size)
        self.universe = instance.universe
        self.roots = instance.roots
        self.budget = budget
        self.loaded: dict[int, _Expanded] = {}
        self.clauses: dict[tuple[int, int], Clause] = {}
        """(Variable, position of the dependency) to its clause, for those that had to be created."""
        self.supported: dict[int, list[PendingDependency]] = {}
        """Variable to the dependencies that only it can satisfy."""
        self.pairs: dict[int, list[tuple[int, Exclusion]]] = {}
        self.watches: dict[int, list[_Watch]] = {}
        self.conflicts = 0

    def run(self) -> Answer | Core:
        failed = self.add_roots()
        if failed is not None:
            return Core(self.extract_core(failed), "lazy", self.conflicts)
        while True:
            failed = self.propagate()
            if failed is not None:
                if not self.learn(failed):
                    return Core(self.extract_core(failed), "lazy", self.conflicts)
                continue
            literal = self.decide()
            if not literal:
                return Answer(tuple(sorted(literal - 1 for literal in self.trail if literal > 0)), "lazy", self.conflicts)
            self.assign(literal, None, self.begin_level())

    def add_roots(self) -> Clause | None:
        """Add the roots; return one that is violated from the start, if any."""
        for number, root in enumerate(self.roots):
            clause = make_clause([member + 1 for member in root.members], (ROOT, number, 0))
            if len(clause) == 1:
                if self.value[clause[0]] == FALSE:
                    return clause
                if self.value[clause[0]] == OPEN:
                    self.assign(clause[0], clause, 0)
            else:
                self.watch_clause(clause)
                self.queues[1 if root.choice else 0].append(clause)
        return None

    def load(self, variable: int) -> _Expanded:
        """Add the dependencies and conflicts of a candidate that is chosen for the first time."""
        candidate = variable - 1
        needs, recommends, rivals = self.universe.expand(candidate)
        backers, pairs = self.supported, self.pairs
        for need in needs:
            if len(need.members) == 1:
                backer = need.members[0] + 1
                if (row := backers.get(backer)) is None:
                    backers[backer] = [(variable, need)]
                else:
                    row.append((variable, need))
        for other, origin in rivals:
            pair = (variable, other + 1, origin)
            pairs.setdefault(variable, []).append((other + 1, pair))
            pairs.setdefault(other + 1, []).append((variable, pair))
        group = self.universe.group(candidate)
        known = self.loaded[variable] = _Expanded(
            needs, [make_dependency(variable, clause) for clause in recommends], group if len(group) > 1 else ()
        )
        return known

    def clause_of(self, variable: int, place: int, need: Dependency) -> Clause:
        """Return the clause of a chosen candidate's dependency, watched since its creation."""
        known = self.clauses.get((variable, place))
        if known is None:
            known = self.clauses[variable, place] = make_dependency(variable, need)
            if len(need.members) > 1:
                self.watch_dependency(known)
        return known

    def watch_dependency(self, clause: Clause) -> None:
        """Watch two members that can still be chosen, or the only one.

        The candidate itself is not watched: whenever it is chosen again, ``propagate_choice`` checks all its dependencies.
        """
        value = self.value
        first = 0
        for literal in clause:
            if literal > 0 and value[literal] != FALSE:
                if first:
                    break
                first = literal
        else:
            if not first:
                self.watch_clause(clause)
                return
            literal = clause[0]
        watch = _Watch(clause, first, literal)
        self.watches.setdefault(first, []).append(watch)
        if literal > 0:
            self.watches.setdefault(literal, []).append(watch)

    def watch_clause(self, clause: Clause) -> None:
        """Watch two literals: preferably not false ones, else the false ones that are undone first."""
        if len(clause) < 2:
            return
        value = self.value
        free = []
        for literal in clause:
            if value[abs(literal)] != (FALSE if literal > 0 else TRUE):
                free.append(literal)
                if len(free) == 2:
                    break
        if len(free) < 2:
            level = self.level
            rest = sorted((literal for literal in clause if literal not in free), key=lambda literal: -level[abs(literal)])
            free += rest[: 2 - len(free)]
        watch = _Watch(clause, free[0], free[1])
        self.watches.setdefault(free[0], []).append(watch)
        self.watches.setdefault(free[1], []).append(watch)

    def propagate(self) -> Clause | None:
        """Propagate all consequences; return a violated clause, if any."""
        trail, watches, backers = self.trail, self.watches, self.supported
        while self.head < len(trail):
            literal = trail[self.head]
            self.head += 1
            failed = None
            if literal > 0:
                failed = self.propagate_choice(literal)
            elif backed := backers.get(-literal):
                failed = self.propagate_exclusion(-literal, backed)
            if failed is None and (watching := watches.get(-literal)):
                failed = self.propagate_watches(-literal, watching)
            if failed is not None:
                return failed
        return None

    def propagate_choice(self, variable: int) -> Clause | None:
        """Propagate the choice of a candidate: its dependencies and conflicts.

        A dependency satisfied at this level or a lower one stays satisfied while the candidate is chosen: no clause is kept for it.
        """
        value, level = self.value, self.level
        known = self.loaded.get(variable) or self.load(variable)
        height = level[variable]
        for place, need in enumerate(known.depends):
            left = 0
            for member in need.members:
                state = value[member + 1]
                if state == TRUE:
                    if level[member + 1] > height:
                        self.queues[need.choice].append(self.clause_of(variable, place, need))
                    break
                if state == OPEN:
                    left = -1 if left else member + 1
            else:
                if left == 0:
                    return make_dependency(variable, need)
                if left > 0 and len(need.members) == 1:
                    value[left] = TRUE
                    level[left] = height
                    self.reason[left] = (variable, need)
                    self.trail.append(left)
                else:
                    clause = self.clause_of(variable, place, need)
                    if left > 0:
                        self.assign(left, clause, self.implied_level(clause, left))
                    if left < 0 or level[left] > height:
                        self.queues[need.choice].append(clause)
        self.queues[2].extend(known.recommends)
        for member in known.group:
            if member + 1 != variable:
                if value[member + 1] == OPEN:
                    self.assign(-(member + 1), (variable, member + 1, (EXCLUSIVE, variable - 1, member)), height)
                elif value[member + 1] == TRUE:
                    return make_exclusion((variable, member + 1, (EXCLUSIVE, variable - 1, member)))
        for other, pair in self.pairs.get(variable, ()):
            if value[other] == OPEN:
                self.assign(-other, pair, height)
            elif value[other] == TRUE:
                return make_exclusion(pair)
        return None

    def propagate_exclusion(self, variable: int, backed: list[PendingDependency]) -> Clause | None:
        """Propagate the exclusion of a candidate to the dependents that only it can satisfy."""
        value = self.value
        for due in backed:
            if value[due[0]] == OPEN:
                self.assign(-due[0], due, self.level[variable])
            elif value[due[0]] == TRUE:
                return make_dependency(*due)
        return None

    def propagate_watches(self, false: int, watching: list[_Watch]) -> Clause | None:
        """Check the clauses that watch a literal which became false."""
        value, watches = self.value, self.watches
        kept = 0
        for place, watch in enumerate(watching):
            other = watch.two if watch.one == false else watch.one
            state = value[abs(other)]
            if state and (state == TRUE) == (other > 0):
                watching[kept] = watch
                kept += 1
                continue
            for literal in watch.clause:
                if literal not in (other, false):
                    current = value[abs(literal)]
                    if current == OPEN or (current == TRUE) == (literal > 0):
                        watch.one, watch.two = other, literal
                        if (row := watches.get(literal)) is None:
                            watches[literal] = [watch]
                        else:
                            row.append(watch)
                        break
            else:
                watching[kept] = watch
                kept += 1
                if state:
                    watching[kept:] = watching[place + 1 :]
                    return watch.clause
                self.assign(other, watch.clause, self.implied_level(watch.clause, other))
        del watching[kept:]
        return None

    def decide(self) -> int:
        """Return the next literal to try: the preferred open member of the first unsatisfied dependency; 0 when all are satisfied."""
        value = self.value
        for number, queue in enumerate(self.queues):
            place, end = self.queue_positions[number], len(queue)
            while place < end:
                clause = queue[place]
                best = 0
                if clause[0] > 0 or value[-clause[0]] == TRUE:
                    for literal in clause:
                        if literal > 0:
                            if value[literal] == TRUE:
                                best = 0
                                break
                            if not best and value[literal] == OPEN:
                                best = literal
                if best:
                    self.queue_positions[number] = place
                    return best
                place += 1
            self.queue_positions[number] = place
        return 0

    def learn(self, failed: Clause) -> bool:
        """Learn a clause from a violated one and undo one level; ``False`` when nothing was assumed, so there is no answer."""
        self.conflicts += 1
        if self.budget is not None and self.conflicts > self.budget:
            raise BudgetExceeded(f"after {self.budget} conflicts")
        level = self.level
        highest = max(level[abs(literal)] for literal in failed)
        if highest == 0:
            return False
        self.backtrack(highest)
        learned = self.analyse(failed, highest)
        self.backtrack(highest - 1)
        if len(learned) > 1:
            watch = _Watch(learned, learned[0], learned[1])
            self.watches.setdefault(learned[0], []).append(watch)
            self.watches.setdefault(learned[1], []).append(watch)
        self.assign(learned[0], learned, self.implied_level(learned, learned[0]))
        return True
