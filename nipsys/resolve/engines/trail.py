"""The trail of a search: assigned literals in order, with reasons; backtracking and conflict analysis.

Literals are ``candidate + 1`` (chosen) and its negative (not chosen). Level 0 holds what depends on no assumption.
"""

from collections.abc import Iterable

from nipsys.resolve.engines.instance import DEPENDS, CoreClause, Dependency, Origin

OPEN, TRUE, FALSE = 0, 1, 2


class Clause(list[int]):
    """Literals with their origin, or the clauses and facts that a learned clause was derived from."""

    __slots__ = ("origin", "parents")
    origin: Origin | None
    parents: "tuple[list[Clause], list[int]]"


PendingDependency = tuple[int, Dependency]
"""A variable and one of its dependencies: a clause that is only built on demand."""
Exclusion = tuple[int, int, Origin]
"""Two variables that exclude each other, and the origin: also a clause that is only built on demand."""


class Trail:
    """Assigned literals, in order and by level, with the reasons."""

    def __init__(self, size: int) -> None:
        """Start with all of ``size`` candidates unassigned."""
        self.value = bytearray(size + 1)
        self.level = [0] * (size + 1)
        self.reason: list[Clause | PendingDependency | Exclusion | None] = [None] * (size + 1)
        self.trail: list[int] = []
        self.head = 0
        """How much of the trail was already propagated."""
        self.marks: list[tuple[int, ...]] = []
        """For each level, the lengths and positions at its start."""
        self.queues: tuple[list[Clause], list[Clause], list[Clause]] = ([], [], [])
        """Clauses still to be satisfied: choices among versions, alternatives, recommendations."""
        self.queue_positions = [0, 0, 0]

    def begin_level(self) -> int:
        """Begin a new level, whose first literal is an assumption; return its number."""
        self.marks.append((len(self.trail), *map(len, self.queues), *self.queue_positions))
        return len(self.marks)

    def assign(self, literal: int, reason: Clause | PendingDependency | Exclusion | None, height: int) -> None:
        """Assign a literal that holds from level ``implied_level`` on."""
        variable = abs(literal)
        self.value[variable] = TRUE if literal > 0 else FALSE
        self.level[variable] = height
        self.reason[variable] = reason
        self.trail.append(literal)

    def implied_level(self, clause: Clause, literal: int) -> int:
        """Return the level from which ``literal`` is the only one left of a clause."""
        if not self.marks:
            return 0
        level = self.level
        return max((level[abs(other)] for other in clause if other != literal), default=0)

    def backtrack(self, keep: int) -> None:
        """Undo every level above ``keep``; literals of lower levels that were found later stay and are propagated again."""
        if keep >= len(self.marks):
            return
        start, first, second, third, *places = self.marks[keep]
        level, value = self.level, self.value
        kept = []
        for literal in self.trail[start:]:
            variable = abs(literal)
            if level[variable] <= keep:
                kept.append(literal)
            else:
                value[variable] = OPEN
        self.trail[start:] = kept
        for queue, length in zip(self.queues, (first, second, third), strict=True):
            del queue[length:]
        self.queue_positions = places
        del self.marks[keep:]
        self.head = start

    def analyse(self, failed: Clause, highest: int) -> Clause:
        """Resolve backwards to the first unique implication point of the level."""
        level, trail = self.level, self.trail
        seen: set[int] = set()
        rest: list[int] = []
        parents: list[Clause] = []
        facts: list[int] = []
        clause, literal, place, open_ones = failed, 0, len(trail) - 1, 0
        while True:
            parents.append(clause)
            for other in clause:
                variable = abs(other)
                if other != literal and variable not in seen:
                    seen.add(variable)
                    if level[variable] == highest:
                        open_ones += 1
                    elif level[variable]:
                        rest.append(other)
                    else:
                        facts.append(variable)
            while not (abs(trail[place]) in seen and level[abs(trail[place])] == highest):
                place -= 1
            literal = trail[place]
            place -= 1
            open_ones -= 1
            if open_ones <= 0:
                break
            reason = self.reason_clause(abs(literal))
            assert reason is not None, "only the decision of a level has no reason, and it comes last"
            clause = reason
        if rest:
            deepest = max(range(len(rest)), key=lambda number: level[abs(rest[number])])
            rest[0], rest[deepest] = rest[deepest], rest[0]
        learned = make_clause([-literal, *rest], None)
        learned.parents = (parents, facts)
        return learned

    def reason_clause(self, variable: int) -> Clause | None:
        """Return the clause that assigned a variable, building it if needed."""
        reason = self.reason[variable]
        if reason is None or isinstance(reason, Clause):
            return reason
        clause = self.reason[variable] = make_dependency(*reason) if len(reason) == 2 else make_exclusion(reason)
        return clause

    def extract_core(self, failed: Clause) -> tuple[CoreClause, ...]:
        """Return the given clauses that a clause violated by facts alone was derived from."""
        found: dict[CoreClause, None] = {}
        todo: list[Clause] = [failed]
        seen: dict[int, Clause] = {}
        facts: set[int] = set()
        while todo:
            clause = todo.pop()
            if id(clause) in seen:
                continue
            seen[id(clause)] = clause  # keep it alive so that its id is not reused
            if clause.origin is not None:
                found[CoreClause(tuple(clause), clause.origin)] = None
            else:
                parents, given = clause.parents
                todo += parents
                todo += self.fact_reasons(given, facts)
            todo += self.fact_reasons(map(abs, clause), facts)
        return tuple(sorted(found, key=lambda row: row[::-1]))

    def fact_reasons(self, variables: Iterable[int], facts: set[int]) -> list[Clause]:
        """Return the reasons of the variables that are facts (level 0) and not in ``facts`` yet."""
        fresh = [variable for variable in variables if self.value[variable] and not self.level[variable] and variable not in facts]
        facts.update(fresh)
        return [reason for variable in fresh if (reason := self.reason_clause(variable)) is not None]


def make_clause(literals: list[int], origin: Origin | None) -> Clause:
    """Build a clause from literals."""
    clause = Clause(literals)
    clause.origin = origin
    return clause


def make_dependency(variable: int, need: Dependency) -> Clause:
    """Build the clause of a dependency."""
    return make_clause([-variable, *[member + 1 for member in need.members]], (DEPENDS, variable - 1, need.clause))


def make_exclusion(pair: Exclusion) -> Clause:
    """Build the clause of two variables that exclude each other."""
    return make_clause([-pair[0], -pair[1]], pair[2])
