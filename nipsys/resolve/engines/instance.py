"""What every engine is asked, in numbers only: groups, candidates, ordered needs, rivals, roots.

A candidate is a number from 0 on. The candidates of one group (the versions of one name in one world, the values
of one flag) exclude each other. Engines know nothing of names, versions or ecosystems; they ask the universe
about a candidate when they first want it, so a solve touches only what it reaches.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

Origin = tuple[int, int, int]
"""Why a clause exists: (kind, a number, a number), see the kinds below. Plain, because there are many."""

ROOT = 0
"""(ROOT, number of the root, 0): the profile asks for it."""
NEED = 1
"""(NEED, candidate, its clause): a candidate needs one of the members."""
REFUSAL = 2
"""(REFUSAL, candidate, its clause): a candidate does not stand beside the other."""
ALONE = 3
"""(ALONE, candidate, other): two members of one group."""


class Need(NamedTuple):
    """What a candidate asks for: one of ``members`` must be there. Candidates that ask for the same may share it."""

    members: tuple[int, ...]
    """Preferred first."""
    clause: int
    """The number of the clause that says so; with the candidate that asks it is the origin (NEED, candidate, clause)."""
    choice: bool
    """The members belong to different groups: a real alternative, decided late."""


class Expansion(NamedTuple):
    """Everything one candidate says."""

    needs: Sequence[Need]
    wishes: Sequence[Need]
    """Taken where they can be had; never a reason for a conflict."""
    rivals: Sequence[tuple[int, Origin]]
    """Candidates outside its group that may not stand beside it."""


class Universe(Protocol):
    """What can be chosen. Equal questions give equal answers, in equal order."""

    @property
    def size(self) -> int:
        """Return the number of candidates."""

    def group(self, candidate: int) -> range:
        """Return all members of a candidate's group, itself included."""

    def expand(self, candidate: int) -> Expansion:
        """Return what a candidate needs, wishes and refuses."""


class Root(NamedTuple):
    """Something that must be in the answer."""

    members: tuple[int, ...]
    """Preferred first; never empty."""
    choice: bool
    """The members belong to different groups."""


class Question(NamedTuple):
    """A universe and what is wanted of it."""

    universe: Universe
    roots: tuple[Root, ...]


class Answer(NamedTuple):
    """A choice that keeps every clause."""

    chosen: tuple[int, ...]
    """Sorted."""
    engine: str
    conflicts: int
    """How many times the engine had to turn back."""


class CoreClause(NamedTuple):
    """One clause of a contradiction."""

    literals: tuple[int, ...]
    """``candidate + 1`` for a member, its negative for "not that candidate"."""
    origin: Origin


class Core(NamedTuple):
    """Clauses that cannot all be kept: why there is no answer."""

    clauses: tuple[CoreClause, ...]
    engine: str
    conflicts: int


class TooHard(Exception):  # noqa: N818 - an answer about the effort allowed, not a fault
    """The budget of conflicts is used up and no other engine is there."""


class Solver(Protocol):
    """An engine. Deterministic: no clocks, no iteration over sets of text."""

    def solve(self, question: Question) -> Answer | Core:
        """Choose, or tell why not. ``TooHard`` when a budget ran out."""
