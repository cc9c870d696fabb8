"""All worlds of a profile as one universe of numbers.

The candidates of the first world come first, then those of the second, and so on; then one *base* for each world
(choosing it takes in the world's essential packages, and every package the profile asks for needs the base of its own world).
A package's dependencies stay in the world it came from: worlds share nothing but the roots.
"""

from collections.abc import Collection, Sequence
from itertools import accumulate

from nipsys.resolve.question import NEED, REFUSAL, Expansion, Need
from nipsys.resolve.world import World

BASE = -1
"""In place of a clause's number: the need of a base for an essential package, or of a root for its world's base."""


class Space:
    """The universe of a set of worlds."""

    def __init__(
        self, worlds: Sequence[World], preferred: Collection[int] = (), wishing: Collection[int] = (), wishful: Collection[int] = ()
    ) -> None:
        """Join ``worlds``; candidates in ``preferred`` come first in every choice.

        ``wishing`` worlds (by number) have the recommendations of all their packages heard, ``wishful`` candidates their own.
        """
        self.worlds = tuple(worlds)
        sizes = [world.index.size for world in worlds]
        self.starts = (0, *accumulate(sizes))
        self.bases = self.starts[-1]
        self.preferred = preferred
        self.wishing = frozenset(wishing)
        self.wishful = wishful
        self.roots: frozenset[int] = frozenset()
        self._needs: dict[tuple[int, int], tuple[tuple[int, ...], bool]] = {}

    @property
    def size(self) -> int:
        """All candidates and one base a world."""
        return self.bases + len(self.worlds)

    def world(self, candidate: int) -> int:
        """Give the number of a candidate's world."""
        if candidate >= self.bases:
            return candidate - self.bases
        starts = self.starts
        number = 0
        while starts[number + 1] <= candidate:
            number += 1
        return number

    def place(self, candidate: int) -> tuple[World, int]:
        """Give a candidate's world and its number there."""
        number = self.world(candidate)
        return self.worlds[number], candidate - self.starts[number]

    def name(self, candidate: int) -> str:
        """Give a candidate's name."""
        world, local = self.place(candidate)
        return world.index.name(local)

    def version(self, candidate: int) -> str:
        """Give a candidate's version."""
        world, local = self.place(candidate)
        return world.index.version(local)

    def group(self, candidate: int) -> range:
        """Give all versions of a candidate's name in its world."""
        if candidate >= self.bases:
            return range(candidate, candidate + 1)
        number = self.world(candidate)
        index, start = self.worlds[number].index, self.starts[number]
        owner = index.owner[candidate - start]
        return range(start + index.first[owner], start + index.first[owner + 1])

    def members(self, number: int, clause: int) -> tuple[tuple[int, ...], bool]:
        """Give the members of a world's clause in order of preference, and whether they have different names."""
        known = self._needs.get((number, clause))
        if known is None:
            index, start = self.worlds[number].index, self.starts[number]
            local = index.members(clause)
            owner = index.owner
            choice = len(local) > 1 and any(owner[one] != owner[local[0]] for one in local)
            found = tuple([start + one for one in local]) if start else tuple(local)
            known = self._needs[number, clause] = (self.order(found), choice)
        return known

    def order(self, members: tuple[int, ...]) -> tuple[int, ...]:
        """Put preferred candidates first, all else as it was."""
        preferred = self.preferred
        if len(members) > 1 and preferred and any(member in preferred for member in members):
            return tuple(sorted(members, key=lambda member: member not in preferred))
        return members

    def expand(self, candidate: int) -> Expansion:
        """Tell what a candidate needs, wishes and refuses."""
        number = self.world(candidate)
        if candidate >= self.bases:
            return Expansion(self._essentials(number), (), ())
        index, start = self.worlds[number].index, self.starts[number]
        local = candidate - start
        needs = self._clauses(number, candidate, index.needs(local))
        if candidate in self.roots and len(index.essential):
            needs.append(Need((self.bases + number,), (NEED, candidate, BASE), choice=False))
        wishes: list[Need] = []
        if number in self.wishing or candidate in self.wishful:
            wishes = [wish for wish in self._clauses(number, candidate, index.wishes(local)) if wish.members]
        return Expansion(needs, wishes, self._rivals(number, candidate, index.refuses(local)))

    def _clauses(self, number: int, candidate: int, clauses: Sequence[int]) -> list[Need]:
        out = []
        for clause in dict.fromkeys(clauses):
            members, choice = self.members(number, clause)
            if candidate not in members:
                out.append(Need(members, (NEED, candidate, clause), choice))
        return out

    def _rivals(self, number: int, candidate: int, clauses: Sequence[int]) -> list[tuple[int, tuple[int, int, int]]]:
        if not clauses:
            return []
        own = self.group(candidate)
        found: dict[int, tuple[int, int, int]] = {}
        for clause in clauses:
            for other in self.members(number, clause)[0]:
                if other not in own:
                    found.setdefault(other, (REFUSAL, candidate, clause))
        return list(found.items())

    def _essentials(self, number: int) -> list[Need]:
        """Need every name whose newest version is essential, in any version."""
        index, start = self.worlds[number].index, self.starts[number]
        base = self.bases + number
        names = [index.owner[one] for one in index.essential if index.first[index.owner[one]] == one]
        return [
            Need(self.order(tuple(range(start + index.first[name], start + index.first[name + 1]))), (NEED, base, BASE), choice=False)
            for name in names
        ]
