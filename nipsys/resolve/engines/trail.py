"""What a search has settled, in order, and why; how it is taken back, and what can be learned from it.

Literals are ``candidate + 1`` (chosen) and its negative (not chosen). Level 0 holds what nothing was assumed for.
"""

from collections.abc import Iterable

from nipsys.resolve.engines.instance import NEED, CoreClause, Need, Origin

OPEN, TRUE, FALSE = 0, 1, 2


class Clause(list[int]):
    """Literals, with where they come from: an origin, or the clauses and facts a learned one was derived from."""

    __slots__ = ("origin", "parents")
    origin: Origin | None
    parents: "tuple[list[Clause], list[int]]"


Due = tuple[int, Need]
"""A variable and a need of it: a clause that is written out only when somebody must read it."""
Pair = tuple[int, int, Origin]
"""Two variables that exclude each other, and why: the same."""


class Trail:
    """What is settled, in order and by level, with the reasons."""

    def __init__(self, size: int) -> None:
        """Settle nothing of ``size`` candidates yet."""
        self.value = bytearray(size + 1)
        self.level = [0] * (size + 1)
        self.reason: list[Clause | Due | Pair | None] = [None] * (size + 1)
        self.trail: list[int] = []
        self.head = 0
        """How much of the trail was drawn consequences from."""
        self.marks: list[tuple[int, ...]] = []
        """For each level, how long everything was when it began."""
        self.queues: tuple[list[Clause], list[Clause], list[Clause]] = ([], [], [])
        """What is still to be met: choices among versions, alternatives, wishes."""
        self.places = [0, 0, 0]

    def begin_level(self) -> int:
        """Begin a new level, whose first literal is assumed; gives its number."""
        self.marks.append((len(self.trail), *map(len, self.queues), *self.places))
        return len(self.marks)

    def imply(self, literal: int, reason: Clause | Due | Pair | None, height: int) -> None:
        """Note a literal that holds from level ``height`` on."""
        variable = abs(literal)
        self.value[variable] = TRUE if literal > 0 else FALSE
        self.level[variable] = height
        self.reason[variable] = reason
        self.trail.append(literal)

    def height(self, clause: Clause, literal: int) -> int:
        """Return the level from which on a clause leaves only ``literal``."""
        if not self.marks:
            return 0
        level = self.level
        return max((level[abs(other)] for other in clause if other != literal), default=0)

    def undo(self, keep: int) -> None:
        """Take back every level above ``keep``; facts of lower levels found later stay and are drawn out again."""
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
        self.places = places
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
            reason = self.because(abs(literal))
            assert reason is not None, "only the decision of a level has no reason, and it comes last"
            clause = reason
        if rest:
            deepest = max(range(len(rest)), key=lambda number: level[abs(rest[number])])
            rest[0], rest[deepest] = rest[deepest], rest[0]
        learned = made([-literal, *rest], None)
        learned.parents = (parents, facts)
        return learned

    def because(self, variable: int) -> Clause | None:
        """Return the clause that settled a variable, written out."""
        reason = self.reason[variable]
        if reason is None or isinstance(reason, Clause):
            return reason
        clause = self.reason[variable] = needed(*reason) if len(reason) == 2 else apart(reason)
        return clause

    def core(self, failed: Clause) -> tuple[CoreClause, ...]:
        """Walk from a clause broken by facts alone to the given clauses it rests on."""
        found: dict[CoreClause, None] = {}
        todo: list[Clause] = [failed]
        seen: dict[int, Clause] = {}
        facts: set[int] = set()
        while todo:
            clause = todo.pop()
            if id(clause) in seen:
                continue
            seen[id(clause)] = clause  # kept alive, so that no other gets its number
            if clause.origin is not None:
                found[CoreClause(tuple(clause), clause.origin)] = None
            else:
                parents, given = clause.parents
                todo += parents
                todo += self.reasons(given, facts)
            todo += self.reasons(map(abs, clause), facts)
        return tuple(sorted(found, key=lambda row: row[::-1]))

    def reasons(self, variables: Iterable[int], facts: set[int]) -> list[Clause]:
        """Return the reasons of those variables that are facts (level 0) and were not asked about yet."""
        fresh = [variable for variable in variables if self.value[variable] and not self.level[variable] and variable not in facts]
        facts.update(fresh)
        return [reason for variable in fresh if (reason := self.because(variable)) is not None]


def made(literals: list[int], origin: Origin | None) -> Clause:
    """Make a clause of literals."""
    clause = Clause(literals)
    clause.origin = origin
    return clause


def needed(variable: int, need: Need) -> Clause:
    """Write a need out."""
    return made([-variable, *[member + 1 for member in need.members]], (NEED, variable - 1, need.clause))


def apart(pair: Pair) -> Clause:
    """Write out that two exclude each other."""
    return made([-pair[0], -pair[1]], pair[2])
