"""The default engine: a lazy conflict-driven search with chronological backtracking, in plain Python.

Clauses of a candidate exist only from when it is first chosen. A choice among versions of one name is made
before a real alternative; wishes come last. Conflicts teach first-UIP clauses, kept with what they were derived from,
so a contradiction can be told as the user's own words. After a conflict only the last level is undone
(A. Nadel, V. Ryvchin, "Chronological Backtracking", SAT 2018): most learned clauses are single facts, and a jump to the start would
throw away thousands of good choices each time.

Literals are ``candidate + 1`` (chosen) and its negative (not chosen).
"""

from collections.abc import Iterable

from nipsys.resolve.question import ALONE, ROOT, Answer, Core, CoreClause, Need, Origin, Question, TooHard

_OPEN, _TRUE, _FALSE = 0, 1, 2


class _Clause(list[int]):
    """Literals, with where they come from: an origin, or the clauses and facts a learned one was derived from."""

    __slots__ = ("origin", "parents")
    origin: Origin | None
    parents: "tuple[list[_Clause], list[int]]"


class _Watch:
    """A clause and the two of its literals that are looked at."""

    __slots__ = ("clause", "one", "two")

    def __init__(self, clause: _Clause, one: int, two: int) -> None:
        self.clause = clause
        self.one = one
        self.two = two


class Lazy:
    """The engine; one object may answer many questions."""

    def __init__(self, budget: int | None = None) -> None:
        """Allow ``budget`` conflicts before ``TooHard``; ``None`` allows any number."""
        self._budget = budget

    def solve(self, question: Question) -> Answer | Core:
        """Choose, or tell why not."""
        return _Search(question, self._budget).run()


class _Search:
    """The state of one solve."""

    def __init__(self, question: Question, budget: int | None) -> None:
        self.universe = question.universe
        self.roots = question.roots
        self.budget = budget
        size = self.universe.size + 1
        self.value = bytearray(size)
        self.level = [0] * size
        self.reason: list[_Clause | None] = [None] * size
        self.trail: list[int] = []
        self.head = 0
        self.marks: list[tuple[int, ...]] = []
        self.queues: tuple[list[_Clause], list[_Clause], list[_Clause]] = ([], [], [])
        self.places = [0, 0, 0]
        self.loaded: dict[int, list[tuple[int, _Clause]]] = {}
        self.pairs: dict[int, list[tuple[int, _Clause]]] = {}
        self.watches: dict[int, list[_Watch]] = {}
        self.conflicts = 0

    def run(self) -> Answer | Core:
        failed = self.begin()
        if failed is not None:
            return self.core(failed)
        while True:
            failed = self.propagate()
            if failed is not None:
                if not self.learn(failed):
                    return self.core(failed)
                continue
            literal = self.pick()
            if not literal:
                return Answer(tuple(sorted(literal - 1 for literal in self.trail if literal > 0)), "lazy", self.conflicts)
            self.marks.append((len(self.trail), *map(len, self.queues), *self.places))
            self.assign(literal, None)

    def begin(self) -> _Clause | None:
        """Lay down the roots; give one that is broken from the start."""
        for number, root in enumerate(self.roots):
            clause = _made([member + 1 for member in root.members], (ROOT, number, 0))
            if len(clause) == 1:
                if self.value[clause[0]] == _FALSE:
                    return clause
                if self.value[clause[0]] == _OPEN:
                    self.assign(clause[0], clause)
            else:
                self.attach(clause)
                self.queues[1 if root.choice else 0].append(clause)
        return None

    def assign(self, literal: int, reason: _Clause | None) -> None:
        variable = abs(literal)
        self.value[variable] = _TRUE if literal > 0 else _FALSE
        highest = 0
        if reason is None:
            highest = len(self.marks)
        else:
            level = self.level
            for other in reason:
                if (height := level[abs(other)]) > highest and other != literal:
                    highest = height
        self.level[variable] = highest
        self.reason[variable] = reason
        self.trail.append(literal)

    def load(self, variable: int) -> list[tuple[int, _Clause]]:
        """Make the clauses of a candidate that is chosen for the first time: (queue, clause) for needs and wishes."""
        candidate = variable - 1
        expansion = self.universe.expand(candidate)
        rows = [(1 if need.choice else 0, _needed(variable, need)) for need in expansion.needs]
        for _, clause in rows:
            self.attach_need(clause)
        rows += [(2, _needed(variable, wish)) for wish in expansion.wishes]
        pairs = self.pairs.setdefault(variable, [])
        for other, origin in expansion.rivals:
            clause = _made([-variable, -(other + 1)], origin)
            pairs.append((other + 1, clause))
            self.pairs.setdefault(other + 1, []).append((variable, clause))
        for other in self.universe.group(candidate):
            if other != candidate:
                pairs.append((other + 1, _made([-variable, -(other + 1)], (ALONE, candidate, other))))
        self.loaded[variable] = rows
        return rows

    def attach_need(self, clause: _Clause) -> None:
        """Watch two members that can still be; where there is one, it alone.

        Nobody watches the candidate itself: whenever it is chosen again, ``choose`` looks at every need it has.
        """
        value = self.value
        first = 0
        for literal in clause:
            if literal > 0 and value[literal] != _FALSE:
                if first:
                    break
                first = literal
        else:
            if not first:
                self.attach(clause)
                return
            literal = clause[0]
        watch = _Watch(clause, first, literal)
        if (row := self.watches.get(first)) is None:
            self.watches[first] = [watch]
        else:
            row.append(watch)
        if literal > 0:
            self.watches.setdefault(literal, []).append(watch)

    def attach(self, clause: _Clause) -> None:
        """Watch two literals: those not false if there are, else the false ones that are undone first."""
        if len(clause) < 2:
            return
        value = self.value
        free = []
        for literal in clause:
            if value[abs(literal)] != (_FALSE if literal > 0 else _TRUE):
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

    def propagate(self) -> _Clause | None:
        """Draw every consequence; give a clause that is broken."""
        trail = self.trail
        while self.head < len(trail):
            literal = trail[self.head]
            self.head += 1
            failed = self.choose(literal) if literal > 0 else None
            if failed is None and (watching := self.watches.get(-literal)):
                failed = self.visit(-literal, watching)
            if failed is not None:
                return failed
        return None

    def choose(self, variable: int) -> _Clause | None:
        """Draw the consequences of a candidate being chosen: its needs, its rivals."""
        value = self.value
        rows = self.loaded.get(variable)
        if rows is None:
            rows = self.load(variable)
        queues = self.queues
        for queue, clause in rows:
            queues[queue].append(clause)
            if queue < 2:
                literal = self.only(clause)
                if literal == 0:
                    return clause
                if literal is not None:
                    self.assign(literal, clause)
        for other, clause in self.pairs.get(variable, ()):
            if value[other] == _OPEN:
                self.assign(-other, clause)
            elif value[other] == _TRUE:
                return clause
        return None

    def only(self, clause: _Clause) -> int | None:
        """Give the single literal left to keep a chosen candidate's need; 0 when none is left, ``None`` when there is no haste."""
        value = self.value
        left = 0
        for literal in clause:
            if literal > 0:
                if value[literal] == _TRUE:
                    return None
                if value[literal] == _OPEN:
                    if left:
                        return None
                    left = literal
        return left

    def visit(self, false: int, watching: list[_Watch]) -> _Clause | None:
        """Look at the clauses that watch a literal which became false."""
        value, watches = self.value, self.watches
        kept = 0
        for place, watch in enumerate(watching):
            other = watch.two if watch.one == false else watch.one
            state = value[abs(other)]
            if state and (state == _TRUE) == (other > 0):
                watching[kept] = watch
                kept += 1
                continue
            for literal in watch.clause:
                if literal not in (other, false):
                    current = value[abs(literal)]
                    if current == _OPEN or (current == _TRUE) == (literal > 0):
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
                self.assign(other, watch.clause)
        del watching[kept:]
        return None

    def pick(self) -> int:
        """Give the next literal to try: the preferred open member of the first need that is not met; 0 when all are met."""
        value = self.value
        for number, queue in enumerate(self.queues):
            place, end = self.places[number], len(queue)
            while place < end:
                clause = queue[place]
                best = 0
                if clause[0] > 0 or value[-clause[0]] == _TRUE:
                    for literal in clause:
                        if literal > 0:
                            if value[literal] == _TRUE:
                                best = 0
                                break
                            if not best and value[literal] == _OPEN:
                                best = literal
                if best:
                    self.places[number] = place
                    return best
                place += 1
            self.places[number] = place
        return 0

    def learn(self, failed: _Clause) -> bool:
        """Turn a broken clause into a new fact and undo one level; ``False`` when nothing was assumed: there is no answer."""
        self.conflicts += 1
        if self.budget is not None and self.conflicts > self.budget:
            raise TooHard(f"no answer within {self.budget} conflicts")
        level = self.level
        highest = max(level[abs(literal)] for literal in failed)
        if highest == 0:
            return False
        self.undo(highest)
        learned = self.analyse(failed, highest)
        self.undo(highest - 1)
        if len(learned) > 1:
            watch = _Watch(learned, learned[0], learned[1])
            self.watches.setdefault(learned[0], []).append(watch)
            self.watches.setdefault(learned[1], []).append(watch)
        self.assign(learned[0], learned)
        return True

    def analyse(self, failed: _Clause, highest: int) -> _Clause:
        """Resolve backwards to the first unique implication point of the level."""
        level, trail = self.level, self.trail
        seen: set[int] = set()
        rest: list[int] = []
        parents: list[_Clause] = []
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
            reason = self.reason[abs(literal)]
            assert reason is not None, "only the decision of a level has no reason, and it comes last"
            clause = reason
        if rest:
            deepest = max(range(len(rest)), key=lambda number: level[abs(rest[number])])
            rest[0], rest[deepest] = rest[deepest], rest[0]
        learned = _made([-literal, *rest], None)
        learned.parents = (parents, facts)
        return learned

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
                value[variable] = _OPEN
        self.trail[start:] = kept
        for queue, length in zip(self.queues, (first, second, third), strict=True):
            del queue[length:]
        self.places = places
        del self.marks[keep:]
        self.head = start

    def core(self, failed: _Clause) -> Core:
        """Walk from a clause broken by facts alone to the given clauses it rests on."""
        found: dict[int, _Clause] = {}
        todo: list[_Clause] = [failed]
        seen: set[int] = set()
        facts: set[int] = set()
        while todo:
            clause = todo.pop()
            if id(clause) in seen:
                continue
            seen.add(id(clause))
            if clause.origin is not None:
                found[id(clause)] = clause
            else:
                parents, given = clause.parents
                todo += parents
                todo += self.reasons(given, facts)
            todo += self.reasons(map(abs, clause), facts)
        clauses = sorted(
            (CoreClause(tuple(clause), clause.origin) for clause in found.values() if clause.origin), key=lambda row: row[::-1]
        )
        return Core(tuple(clauses), "lazy", self.conflicts)

    def reasons(self, variables: Iterable[int], facts: set[int]) -> list[_Clause]:
        """Give the reasons of those variables that are facts (level 0) and were not asked about yet."""
        fresh = [variable for variable in variables if self.value[variable] and not self.level[variable] and variable not in facts]
        facts.update(fresh)
        return [reason for variable in fresh if (reason := self.reason[variable]) is not None]


def _made(literals: list[int], origin: Origin | None) -> _Clause:
    clause = _Clause(literals)
    clause.origin = origin
    return clause


def _needed(variable: int, need: Need) -> _Clause:
    return _made([-variable, *[member + 1 for member in need.members]], need.origin)
