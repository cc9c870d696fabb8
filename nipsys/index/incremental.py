"""Reuse an earlier index of the same source: its records, and the members of every clause that no change affects.

A clause stays valid when the candidates and the providers of every name it mentions are the same as before. Then its members are the old
ones under their new numbers, and its text need not be parsed again.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from nipsys.index.clauses import ClauseResolver, rank_priority
from nipsys.index.reader import Index

_GONE = 0xFFFFFFFF
Providers = dict[str, list[tuple[int, int, str]]]


class EarlierIndex:
    """An earlier index, opened for copying in runs."""

    def __init__(self, index: Index) -> None:
        """Read the columns that are needed for every record."""
        self.index = index
        names = index.all_texts("name")
        self._names = names
        self.names = [names[owner] for owner in index.owner]
        self.versions = index.all_texts("version")
        kinds = index.archs
        self.archs = [kinds[kind] for kind in index.arch]
        self.texts = {text: number for number, text in enumerate(index.all_texts("text"))}
        self.stamps = index.stamps()
        self.start, self.stop = index.detail, array("I", [0]) * index.size
        ordered = sorted(range(index.size), key=index.detail.__getitem__)
        for one, after in pairwise(ordered):
            self.stop[one] = index.detail[after]
        if ordered:
            self.stop[ordered[-1]] = index.details_end()
        self._twinned = frozenset(index.twin)
        self._suites: dict[int, tuple[str, ...]] = {}

    def suites(self, mask: int) -> tuple[str, ...]:
        """Name the origins of a mask."""
        known = self._suites.get(mask)
        if known is None:
            known = self._suites[mask] = tuple(name for place, name in enumerate(self.index.origins) if mask >> min(place, 31) & 1)
        return known

    def own_origins(self, number: int) -> int:
        """Return the origins of a record without those of its duplicates."""
        if number not in self._twinned:
            return self.index.origin[number]
        own = {value for key, value in self.index.bare_record(number).facts if key == "suite"}
        return sum({1 << min(place, 31) for place, name in enumerate(self.index.origins) if name in own})

    def span(self, name: str) -> tuple[int, int]:
        """Return the range of a name's candidates, or an empty one where it would be."""
        place = bisect_left(self._names, name)
        there = place < len(self._names) and self._names[place] == name
        return self.index.first[place], self.index.first[place + there]

    def carry_providers(self, moved: Sequence[int], clauses: ClauseResolver) -> set[str]:
        """Add the providers that still exist to ``clauses.provided``, in order; return the names whose providers changed."""
        index = self.index
        changed = set(clauses.provided)
        texts, at = index.all_texts("provided"), index.provider_at
        for number, name in enumerate(index.all_texts("virtual")):
            rows = [(moved[index.provider[place]], texts[place], index.provider[place]) for place in range(at[number], at[number + 1])]
            if name in changed or any(new == _GONE for new, _, _ in rows):
                changed.add(name)
                there = clauses.provided.setdefault(name, [])
                there += [(self._rank(old), new, version) for new, version, old in rows if new != _GONE]
                if not there:
                    del clauses.provided[name]
            else:
                clauses.provided[name] = [(0, new, version) for new, version, _ in rows]
        return changed

    def _rank(self, number: int) -> int:
        return next((rank_priority(value) for key, value in self.index.bare_record(number).facts if key == "priority"), 3)

    def find_valid_clauses(self, changed: Collection[str], members: "array[int]") -> bytearray:
        """Return a 1 for every clause that is still valid, else 0."""
        index = self.index
        fit = bytearray(b"\1") * index.clauses
        touched = {number for number, name in enumerate(index.all_texts("mentioned")) if name in changed}
        places: Iterable[int] = [place for place, name in enumerate(index.mention) if name in touched]
        for place in places:
            fit[bisect_right(index.mention_at, place) - 1] = 0
        if _GONE in members:
            for place in [place for place, member in enumerate(members) if member == _GONE]:
                fit[bisect_right(index.clause_at, place) - 1] = 0
        return fit


def map_places(order: Sequence[Sequence[int]], size: int) -> "array[int]":
    """Return the new position of every record of an index of ``size``; ``0xFFFFFFFF`` for removed ones."""
    places = array("I", [_GONE]) * size
    place = 0
    for run in order:
        if isinstance(run, range) and run.stop <= size:
            places[run.start : run.stop] = array("I", range(place, place + len(run)))
        place += len(run)
    return places
