"""What the resolver chose and why: the packages, the edges between them, and the dependency behind each edge."""

from typing import NamedTuple


class Edge(NamedTuple):
    """One satisfied dependency."""

    to: str
    """Id of the package that satisfies it."""
    clause: int
    """Number of the dependency text in the index of the package's world."""
    recommended: bool = False
    """Recommended, not required."""


class ChosenPackage(NamedTuple):
    """One chosen package."""

    source: str
    """Name of its source, which is its world."""
    name: str
    version: str
    candidate: int
    """Its number in the index of its world."""
    requested: bool
    """Requested by the profile."""
    essential: bool
    edges: tuple[Edge, ...]
    flags: tuple[str, ...] = ()
    """Its variants, sorted; for a binary, those it was built with."""
    requested_as: str = ""
    """The name under which the profile requests it: its own, an alias, or one that it provides."""

    @property
    def id(self) -> str:
        """``source/name``, as in the lock."""
        return f"{self.source}/{self.name}"


class Resolution(NamedTuple):
    """A choice that satisfies the profile and every chosen package."""

    packages: tuple[ChosenPackage, ...]
    """Sorted by id."""
    engine: str
    """The engine that found it: ``lazy``, ``sat``, ``asp``."""
    conflicts: int = 0
    """Number of conflicts met during the search."""
    notes: tuple[str, ...] = ()
    """Notes for the user: a soft pin that was dropped, a name resolved as a virtual package."""
