"""All worlds of a profile as one universe of numbers.

The candidates of the first world come first, then those of the second, and so on; then one *base* for each world
(it depends on the world's essential packages, and every package the profile requests depends on the base of its own world).
A package's dependencies stay in the world it came from: worlds share nothing but the roots.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate

from nipsys.index import FlagAlternative, FlagRequest, parse_flag_values
from nipsys.resolve.engines import CONFLICTS, Dependency, Expansion
from nipsys.resolve.variants import FlagGroup, VariantTable, put_first
from nipsys.resolve.world import World

BASE = -1
"""Instead of a clause's number: a base depends on an essential package, or a root on its world's base."""
FLAG = -2
"""Instead of a clause's number: the value of a variant that a candidate has, or is required to have."""

_NOTHING = Expansion((), (), ())
"""The expansion of a flag's value."""


class JoinedUniverse:
    """The universe of a set of worlds."""

    def __init__(
        self,
        worlds: Sequence[World],
        preferred: Collection[int] = (),
        recommending_worlds: Collection[int] = (),
        recommending: Collection[int] = (),
    ) -> None:
        """Join ``worlds``; candidates in ``preferred`` come first in every choice.

        Recommendations count for all packages of the ``recommending_worlds`` worlds (by number), and for the ``recommending`` candidates.
        """
        self.worlds = tuple(worlds)
        sizes = [world.index.size for world in worlds]
        self.starts = (0, *accumulate(sizes))
        self.bases = self.starts[-1]
        self.preferred = preferred
        self.recommending_worlds = frozenset(recommending_worlds)
        self.recommending = recommending
        self.roots: frozenset[int] = frozenset()
        self.demanded_flags: Mapping[int, Mapping[str, str]] = {}
        """Candidate to the flag values that its request requires."""
        self.preferred_flags: Mapping[str, str] = {}
        """Flag to the value that the profile prefers for every package."""
        self.variants: list[VariantTable] = []
        end = self.bases + len(self.worlds)
        self._nodes = end
        for world in self.worlds:
            self.variants.append(VariantTable(world.index, end))
            end = self.variants[-1].end
        self._size = end
        self._expanded: dict[int, Expansion] = {}
        self._needs: tuple[dict[int, Dependency], ...] = tuple({} for _ in self.worlds)

    @property
    def size(self) -> int:
        """The number of candidates, bases (one for each world) and flag values."""
        return self._size

    def world_number(self, candidate: int) -> int:
        """Return the number of a candidate's world."""
        if len(self.worlds) == 1:
            return 0
        if candidate >= self._nodes:
            return next(number for number, known in enumerate(self.variants) if candidate < known.end)
        if candidate >= self.bases:
            return candidate - self.bases
        starts = self.starts
        number = 0
        while starts[number + 1] <= candidate:
            number += 1
        return number

    def locate(self, candidate: int) -> tuple[World, int]:
        """Return a candidate's world and its number there."""
        number = self.world_number(candidate)
        return self.worlds[number], candidate - self.starts[number]

    def name_of(self, candidate: int) -> str:
        """Return a candidate's name; for a variant ``vim[python]``."""
        if candidate >= self._nodes:
            node = self.flag_group(candidate)
            return f"{self.worlds[self.world_number(candidate)].index.name_of(node.name)}[{node.flag}]"
        world, local = self.locate(candidate)
        return world.index.name(local)

    def version_of(self, candidate: int) -> str:
        """Return a candidate's version; for a variant its value."""
        if candidate >= self._nodes:
            node = self.flag_group(candidate)
            return node.values[candidate - node.start]
        world, local = self.locate(candidate)
        return world.index.version(local)

    def group(self, candidate: int) -> range:
        """Return all versions of a candidate's name in its world."""
        if candidate >= self._nodes:
            return self.variants[self.world_number(candidate)].span(candidate)
        if candidate >= self.bases:
            return range(candidate, candidate + 1)
        number = self.world_number(candidate)
        index, start = self.worlds[number].index, self.starts[number]
        owner = index.owner[candidate - start]
        return range(start + index.first[owner], start + index.first[owner + 1])

    def flag_group(self, candidate: int) -> FlagGroup:
        """Return the flag group that a candidate is a value of."""
        return self.variants[self.world_number(candidate)].group_at(candidate)

    def is_variant(self, candidate: int) -> bool:
        """Return whether a candidate represents a value of a flag."""
        return candidate >= self._nodes

    def dependency_of(self, number: int, clause: int) -> Dependency:
        """Return a world's clause as a dependency, its members in order of preference; computed once and shared."""
        known = self._needs[number].get(clause)
        if known is None:
            index, start = self.worlds[number].index, self.starts[number]
            local = index.members(clause)
            choice = len(local) > 1 and index.owner[min(local)] != index.owner[max(local)]  # candidates are sorted by name
            members = tuple([start + one for one in local] if start else local)
            known = self._needs[number][clause] = Dependency(self.prefer_locked(members), clause, choice)
        return known

    def prefer_locked(self, members: tuple[int, ...]) -> tuple[int, ...]:
        """Put preferred candidates first and keep the order otherwise."""
        preferred = self.preferred
        if len(members) > 1 and preferred and any(member in preferred for member in members):
            return tuple(sorted(members, key=lambda member: member not in preferred))
        return members

    def expand(self, candidate: int) -> Expansion:
        """Return a candidate's dependencies, recommendations and conflicts; computed once."""
        if candidate >= self._nodes:
            return _NOTHING
        known = self._expanded.get(candidate)
        if known is None:
            known = self._expanded[candidate] = self._expand(candidate)
        return known

    def _expand(self, candidate: int) -> Expansion:
        number = self.world_number(candidate)
        if candidate >= self.bases:
            return Expansion(self._essentials(number), (), ())
        index, start = self.worlds[number].index, self.starts[number]
        local = candidate - start
        needs = self._flag_dependencies(number, candidate) if index.flagged else []
        needs += self._dependencies(number, candidate, index.depends(local))
        if candidate in self.roots and len(index.essential):
            needs.append(Dependency((self.bases + number,), BASE, choice=False))
        recommended: list[Dependency] = []
        if number in self.recommending_worlds or candidate in self.recommending:
            recommended = [one for one in self._dependencies(number, candidate, index.recommends(local)) if one.members]
        return Expansion(needs, recommended, self._rivals(number, candidate, index.conflicts(local)))

    def _dependencies(self, number: int, candidate: int, clauses: Sequence[int]) -> list[Dependency]:
        out = []
        index, known = self.worlds[number].index, self._needs[number]
        special = len(index.special)
        for clause in dict.fromkeys(clauses):
            if special and (alternatives := index.alternatives(clause)) is not None:
                out += self._conditional_dependencies(number, candidate, clause, alternatives)
                continue
            need = known.get(clause) or self.dependency_of(number, clause)
            if candidate not in need.members:
                out.append(need)
        return out

    def _flag_dependencies(self, number: int, candidate: int) -> list[Dependency]:
        """Return a dependency for each flag of the candidate's name that some clause mentions: one of its values."""
        index = self.worlds[number].index
        local = candidate - self.starts[number]
        groups = self.variants[number].groups_of(index.owner[local])
        if not groups:
            return []
        held = parse_flag_values(index.flags(local))
        demanded = self.demanded_flags.get(candidate, {})
        out = []
        for group in groups:
            values = held.get(group.flag, ("off",))
            if group.flag in demanded:
                values = tuple(value for value in values if value == demanded[group.flag])
            values = put_first(values, self.preferred_flags.get(group.flag))
            out.append(Dependency(tuple(group.start + group.values.index(value) for value in values), FLAG, choice=True))
        return out

    def _conditional_dependencies(
        self, number: int, candidate: int, clause: int, alternatives: Sequence[FlagAlternative]
    ) -> list[Dependency]:
        """Turn a clause that depends on variants into plain ones.

        One of the members must be chosen, and for each flag required of a member that value, or another alternative.
        """
        start, known = self.starts[number], self.variants[number]
        owner = self.worlds[number].index.owner
        base: list[int] = []
        sides: list[list[int]] = []
        for asked, members in alternatives:
            if members is None:
                side = [self._value_candidate(known, owner[candidate - start], wanted) for wanted in asked]
            else:
                side = [start + member for member in members]
            sides.append(side)
            base += side
        out = [Dependency(self.prefer_locked(tuple(dict.fromkeys(one for one in base if one >= 0))), clause, choice=True)]
        for place, (asked, members) in enumerate(alternatives):
            others = [one for other, side in enumerate(sides) if other != place for one in side if one >= 0]
            for name in dict.fromkeys(owner[member] for member in members or ()):
                own = [start + member for member in members or () if owner[member] != name]
                for wanted in asked:
                    value = self._value_candidate(known, name, wanted)
                    needed = tuple(dict.fromkeys([*([value] if value >= 0 else []), *own, *others]))
                    out.append(Dependency(needed, clause, choice=True))
        return out

    def _value_candidate(self, known: VariantTable, name: int, wanted: FlagRequest) -> int:
        """Return the candidate for a value of a name's flag; -1 when there is no such value."""
        group = known.find(name, wanted.flag)
        if group is None or wanted.value not in group.values:
            return -1
        return group.start + group.values.index(wanted.value)

    def _rivals(self, number: int, candidate: int, clauses: Sequence[int]) -> Sequence[tuple[int, tuple[int, int, int]]]:
        if not clauses:
            return ()
        own = self.group(candidate)
        found: dict[int, tuple[int, int, int]] = {}
        for clause in clauses:
            for other in self.dependency_of(number, clause).members:
                if other not in own:
                    found.setdefault(other, (CONFLICTS, candidate, clause))
        return list(found.items())

    def _essentials(self, number: int) -> list[Dependency]:
        """Return a dependency on every name whose newest version is essential, in any version."""
        index, start = self.worlds[number].index, self.starts[number]
        names = [index.owner[one] for one in index.essential if index.first[index.owner[one]] == one]
        return [
            Dependency(self.prefer_locked(tuple(range(start + index.first[name], start + index.first[name + 1]))), BASE, choice=False)
            for name in names
        ]
