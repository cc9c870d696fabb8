"""What an earlier index of the same source already knows: the meaning of every clause that nothing new touches.

A clause keeps its meaning when no name it mentions has other candidates than before and none is provided by others than before. Then
its members are the old ones under their new numbers, and its text need not be read again.
"""

from array import array
from collections.abc import Mapping, Sequence

from nipsys.index.clauses import Names
from nipsys.index.reader import Index

_GONE = 0xFFFFFFFF


class Earlier:
    """The clauses of an earlier index, for as far as they still hold."""

    def __init__(self, index: Index, names: Names, versions: Sequence[str], archs: Sequence[str]) -> None:
        """Compare the candidates of ``index`` with the new ones."""
        self._index = index
        self._moved = array("I", [_GONE]) * index.size
        self._clauses = {text: number for number, text in enumerate(index.every("text"))}
        self._mentioned = index.every("mentioned")
        self._changed = self._compare(names, versions, archs)
        self._fresh = array("I", map(self._moved.__getitem__, index.clause))
        """The members of all clauses under their new numbers."""
        self._touched = b""
        """For each mention of a name, 1 when the name changed."""

    def seal(self, provided: Mapping[str, Sequence[tuple[int, int, str]]]) -> None:
        """Compare who provides what; from now on ``find`` answers."""
        changed = self._changed
        index, moved = self._index, self._moved
        texts = index.every("provided")
        before = index.every("virtual")
        for number, name in enumerate(before):
            places = range(index.provider_at[number], index.provider_at[number + 1])
            old = [(moved[index.provider[place]], texts[place]) for place in places]
            if old != [(candidate, version) for _, candidate, version in provided.get(name, ())]:
                changed.add(name)
        changed.update(set(provided).difference(before))
        names = bytes(name in changed for name in self._mentioned)
        self._touched = bytes(map(names.__getitem__, index.mention))

    def find(self, text: str) -> tuple[Sequence[int], Sequence[str]] | None:
        """Give the members of a clause and the names it mentions; ``None`` when it is new or may mean something else now."""
        number = self._clauses.get(text)
        if number is None:
            return None
        index = self._index
        start, stop = index.mention_at[number], index.mention_at[number + 1]
        members = self._fresh[index.clause_at[number] : index.clause_at[number + 1]]
        if self._touched.find(1, start, stop) >= 0 or _GONE in members:
            return None
        mentioned = self._mentioned
        return members, [mentioned[one] for one in index.mention[start:stop]]

    def _compare(self, names: Names, versions: Sequence[str], archs: Sequence[str]) -> set[str]:
        """Give new numbers to the candidates of unchanged names; the others' names are returned."""
        index, moved = self._index, self._moved
        old_versions, known = index.every("version"), index.archs
        changed = set(names.number)
        new_first, first = names.first, index.first
        for number, name in enumerate(index.every("name")):
            place = names.number.get(name)
            start, stop = first[number], first[number + 1]
            if place is None or new_first[place + 1] - new_first[place] != stop - start:
                changed.add(name)
                continue
            step = new_first[place] - start
            for old in range(start, stop):
                if versions[old + step] != old_versions[old] or archs[old + step] != known[index.arch[old]]:
                    break
                moved[old] = old + step
            else:
                changed.discard(name)
        return changed
