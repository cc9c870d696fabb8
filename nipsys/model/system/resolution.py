"""What the resolver chose, with the reasons: the edges between packages and the words that made them."""

from typing import NamedTuple


class Edge(NamedTuple):
    """One dependency that was satisfied."""

    to: str
    """Id of the package that satisfies it."""
    clause: int
    """Number of the dependency's text in the index of the package's world."""
    wish: bool = False
    """Recommended, not required."""


class Pick(NamedTuple):
    """One chosen package."""

    source: str
    """Name of its source: its world."""
    name: str
    version: str
    candidate: int
    """Its number in the index of its world."""
    requested: bool
    """The profile asks for it."""
    essential: bool
    edges: tuple[Edge, ...]
    flags: tuple[str, ...] = ()
    """Variants decided for it, sorted; of a binary, those it was built with."""
    asked: str = ""
    """The name under which the profile asks for it: its own, an alias, or one it provides."""

    @property
    def id(self) -> str:
        """``source/name``, as in the lock."""
        return f"{self.source}/{self.name}"


class Resolution(NamedTuple):
    """A choice that keeps every word of the profile and of every chosen package."""

    picks: tuple[Pick, ...]
    """By id."""
    engine: str
    """Which engine chose: ``lazy``, ``sat``, ``asp``."""
    conflicts: int = 0
    """How often it had to turn back."""
    notes: tuple[str, ...] = ()
    """What the user may want to know: a soft pin given up, a name found as a virtual package."""
