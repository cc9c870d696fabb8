"""The input and output of every engine, in numbers only: groups, candidates, ordered dependencies, conflicts, roots.

A candidate is a number from 0 on. The candidates of one group (the versions of one name in one world, the values
of one flag) exclude each other. Engines know nothing of names, versions or ecosystems; they ask the universe
about a candidate on first use, so a solve touches only what it reaches.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

Origin = tuple[int, int, int]
"""Why a clause exists: (kind, a number, a number), see the kinds below. Plain, because there are many."""

ROOT = 0
"""(ROOT, number of the root, 0): the profile requests it."""
DEPENDS = 1
"""(NEED, candidate, its clause): a candidate depends on one of the members."""
CONFLICTS = 2
"""(REFUSAL, candidate, its clause): a candidate conflicts with the other."""
EXCLUSIVE = 3
"""(ALONE, candidate, other): two members of one group."""


class Dependency(NamedTuple):
    """A dependency: one of ``members`` must be chosen. Candidates with equal dependencies may share it."""

    members: tuple[int, ...]
    """Preferred first."""
    clause: int
    """The number of its clause; with the dependent candidate it forms the origin (NEED, candidate, clause)."""
    choice: bool
    """The members belong to different groups: a real alternative, decided late."""


class Expansion(NamedTuple):
    """The dependencies, recommendations and conflicts of one candidate."""

    depends: Sequence[Dependency]
    recommends: Sequence[Dependency]
    """Recommendations: satisfied where possible; never a reason for a conflict."""
    conflicts: Sequence[tuple[int, Origin]]
    """Candidates outside its group that it conflicts with."""


class Universe(Protocol):
    """What can be chosen. Deterministic: equal calls return equal values, in equal order."""

    @property
    def size(self) -> int:
        """Return the number of candidates."""

    def group(self, candidate: int) -> range:
        """Return all members of a candidate's group, itself included."""

    def expand(self, candidate: int) -> Expansion:
        """Return a candidate's dependencies, recommendations and conflicts."""


class Root(NamedTuple):
    """A requirement on the answer: one of ``members`` must be chosen."""

    members: tuple[int, ...]
    """Preferred first; never empty."""
    choice: bool
    """The members belong to different groups."""


class Instance(NamedTuple):
    """A universe and what must be chosen from it."""

    universe: Universe
    roots: tuple[Root, ...]


class Answer(NamedTuple):
    """A choice that satisfies every clause."""

    chosen: tuple[int, ...]
    """Sorted."""
    engine: str
    conflicts: int
    """How many times the engine had to backtrack."""


class CoreClause(NamedTuple):
    """One clause of an unsatisfiable core."""

    literals: tuple[int, ...]
    """``candidate + 1`` for a member, its negative for "not that candidate"."""
    origin: Origin


class Core(NamedTuple):
    """An unsatisfiable core: clauses that cannot all be satisfied."""

    clauses: tuple[CoreClause, ...]
    engine: str
    conflicts: int


class BudgetExceeded(Exception):  # noqa: N818 - an answer about the effort allowed, not a fault
    """The budget of conflicts is exceeded and no other engine is available."""


class Solver(Protocol):
    """An engine. Deterministic: no clocks, no iteration over sets of text."""

    def solve(self, instance: Instance) -> Answer | Core:
        """Return an answer, or the core of the conflict; raise ``BudgetExceeded`` when the budget is exceeded."""
