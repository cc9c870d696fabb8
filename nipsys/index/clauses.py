"""Match dependency texts with ordered lists of candidates, once for each distinct text."""

from array import array
from collections.abc import Iterable, Sequence
from sys import intern

from nipsys.index.flags import FlagAlternative, FlagRequest, has_values, parse_flag_requests, parse_flag_values
from nipsys.model.package import Atom, Clause, Dialect

_PRIORITY = {"required": 0, "important": 1, "standard": 2, "optional": 3, "extra": 4}


def rank_priority(word: str) -> int:
    """Rank the word for a package's priority: of several providers of a name the more important comes first."""
    return _PRIORITY.get(word, 3)


class NameTable:
    """The sorted names and the range of candidates each owns."""

    def __init__(self, of: Sequence[str]) -> None:
        """Read the name of each candidate; the names are already sorted."""
        self.sorted: list[str] = []
        self.first = array("I")
        self.owner = array("I")
        last = None
        for candidate, name in enumerate(of):
            if name != last:
                self.sorted.append(name)
                self.first.append(candidate)
                last = name
            self.owner.append(len(self.sorted) - 1)
        self.first.append(len(of))
        self.number = {name: number for number, name in enumerate(self.sorted)}

    def candidates(self, name: str) -> range:
        """Return the candidates called ``name``, newest first."""
        number = self.number.get(name)
        return range(0) if number is None else range(self.first[number], self.first[number + 1])


class ClauseResolver:
    """Resolves dependency texts against all names, real and provided."""

    def __init__(self, dialect: Dialect, names: NameTable, versions: Sequence[str], archs: Sequence[str]) -> None:
        """Resolve among candidates with these names, versions and machines."""
        self._dialect = dialect
        self._names = names
        self._versions = versions
        self._archs = archs
        self._atoms: dict[Atom, Sequence[int]] = {}
        self.flags: dict[int, tuple[str, ...]] = {}
        self.provided: dict[str, list[tuple[int, int, str]]] = {}
        """Provided name to (rank, candidate, version), in order of preference after ``sort_providers``."""
        self.unreadable: list[str] = []
        self.special: dict[str, list[FlagAlternative]] = {}
        """Texts whose meaning depends on variants that are not decided."""

    def add_provider(self, text: str, candidate: int, rank: int) -> None:
        """Note that ``candidate`` provides the name in ``text``."""
        try:
            name, version = self._dialect.parse_provide(text)
        except ValueError:
            self.unreadable.append(text)
            return
        self.provided.setdefault(name, []).append((rank, candidate, intern(version)))

    def sort_providers(self, names: Iterable[str] | None = None) -> None:
        """Sort the providers of each name (of ``names`` only, if given): the more important, then by name, then newest.

        Where an ecosystem gives each of several versions its own name (a dialect with ``slots``), the newest comes first.
        """
        slots, key = self._dialect.slots, self._dialect.sort_key
        for name in self.provided if names is None else names:
            providers = self.provided.get(name, [])
            if len(providers) > 1:
                providers.sort()
                if slots:
                    providers.sort(key=lambda provider: key(provider[2]) if provider[2] else b"", reverse=True)

    def resolve(self, text: str) -> tuple[Sequence[int], Sequence[str]]:
        """Return the candidates that satisfy ``text``, preferred first, and the names it mentions; both empty when it cannot be parsed."""
        try:
            clause = self._dialect.parse_clause(text)
        except ValueError:
            self.unreadable.append(text)
            return (), ()
        names = [atom.name for atom in clause]
        if any(atom.flags for atom in clause):
            return self._resolve_flagged(text, clause), names
        if len(clause) == 1:
            return self._search(clause[0]), names  # a text of one atom occurs once: caching it would cost memory and save nothing
        return list(dict.fromkeys(candidate for atom in clause for candidate in self._resolve_atom(atom))), names

    def _resolve_flagged(self, text: str, clause: Clause) -> Sequence[int]:
        """Resolve a clause with flags; it is special when a flag is the package's own or not yet decided."""
        found: dict[int, None] = {}
        alternatives: list[FlagAlternative] = []
        free = False
        for atom in clause:
            asked = parse_flag_requests(atom.flags)
            if not atom.name:
                alternatives.append(FlagAlternative(asked, None))
                free = True
                continue
            members = list(self._resolve_atom(atom))
            free = free or any(self._is_free(member, asked) for member in members)
            alternatives.append(FlagAlternative(asked, members))
            found.update(dict.fromkeys(members))
        if free:
            self.special[text] = alternatives
        return list(found)

    def _is_free(self, candidate: int, asked: Sequence[FlagRequest]) -> bool:
        held = parse_flag_values(self.flags.get(candidate, ()))
        return any(len(held.get(flag, ())) > 1 for flag, _ in asked)

    def _resolve_atom(self, atom: Atom) -> Sequence[int]:
        known = self._atoms.get(atom)
        if known is None:
            known = self._atoms[atom] = self._search(atom)
        return known

    def _search(self, atom: Atom) -> Sequence[int]:
        matches, versions = self._dialect.matches, self._versions
        found: Sequence[int] = self._names.candidates(atom.name)
        if atom.relation:
            found = [candidate for candidate in found if matches(atom, versions[candidate])]
        providers = self.provided.get(atom.name)
        if providers:
            have = dict.fromkeys(found)
            for _, candidate, version in providers:
                if candidate not in have and (not atom.relation or matches(atom, version)):
                    have[candidate] = None
            found = list(have)
        if atom.arch and atom.arch not in {"any", "native"}:
            found = [candidate for candidate in found if self._archs[candidate] in {"", atom.arch}]
        if len(found) > 1:
            late = {candidate for candidate in found if self._dialect.is_prerelease(atom, versions[candidate])}
            if late:
                found = sorted(found, key=late.__contains__)
        if atom.flags:
            asked = parse_flag_requests(atom.flags)
            found = [candidate for candidate in found if has_values(parse_flag_values(self.flags.get(candidate, ())), asked)]
        return found
