"""Reduce a core to a minimal unsatisfiable subset (MUS): without any one of its clauses it is satisfiable."""

from collections.abc import Sequence

from nipsys.resolve.engines.instance import CoreClause

Literals = tuple[int, ...]
_MAX_SPLITS = 200
"""Limit of splits for one clause; a clause that cannot be decided within it stays."""


def minimize_core(clauses: Sequence[CoreClause]) -> tuple[CoreClause, ...]:
    """Drop every clause that the conflict does not need, in halves first, then one by one."""
    kept = list(clauses)
    step = max(1, len(kept) // 2)
    while True:
        place = 0
        while place < len(kept):
            fewer = kept[:place] + kept[place + step :]
            if is_satisfiable([clause.literals for clause in fewer], _MAX_SPLITS):
                place += step
            else:
                kept = fewer
        if step == 1:
            return tuple(kept)
        step = max(1, step // 2)


def is_satisfiable(clauses: Sequence[Literals], splits: int | None = None) -> bool:
    """Return whether some choice satisfies all clauses: plain unit propagation and splitting, for small sets only.

    ``True`` also when ``splits`` are used up: the set may be satisfiable.
    """
    todo: list[list[Literals]] = [list(clauses)]
    used = 0
    while todo:
        used += 1
        if splits is not None and used > splits:
            return True
        left = _propagate(todo.pop())
        if left is None:
            continue
        if not left:
            return True
        literal = min(left, key=len)[0]
        todo.append([*left, (-literal,)])
        todo.append([*left, (literal,)])
    return False


def _propagate(clauses: list[Literals]) -> list[Literals] | None:
    """Propagate every clause of one literal; ``None`` when a clause has no literal left."""
    true: set[int] = set()
    while True:
        left = []
        grown = False
        for clause in clauses:
            if any(literal in true for literal in clause):
                continue
            open_ones = tuple(literal for literal in clause if -literal not in true)
            if not open_ones:
                return None
            if len(open_ones) == 1:
                true.add(open_ones[0])
                grown = True
            else:
                left.append(open_ones)
        if not grown:
            return left
        clauses = left
