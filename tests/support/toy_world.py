"""Small worlds for tests of the resolver: an ecosystem of dotted versions, and universes made of plain numbers or at random."""

import io
import random
import re
from collections.abc import Iterable, Sequence

from nipsys.index import Index, write_index
from nipsys.model.package.record import Atom, Clause, Dialect, PackageRecord, Provide, Snapshot, SourceRecords
from nipsys.model.span import Span
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.resolve import World
from nipsys.resolve.engines.instance import CONFLICTS, Dependency, Expansion, Instance, Root

_ATOM = re.compile(r"([a-z][a-z0-9_:-]*)\s*(?:(<=|>=|!=|[<>=])\s*([0-9][0-9a-z.]*))?\s*(?:\[([^]]*)\])?").fullmatch
_PIECE = re.compile(r"(\d+)|([a-z]+)").findall


class ToyDialect(Dialect):
    """``name >= 1.2 [+flag] | other``; ``+flag`` or ``-flag`` alone is about the package itself. ``1.0a`` comes before ``1.0``."""

    name = "toy"

    def sort_key(self, version: str) -> bytes:
        pieces = [b"\2" + int(number).to_bytes(4, "big") if number else b"\1" + word.encode() + b"\0" for number, word in _PIECE(version)]
        return b"".join(pieces) + b"\1\xff"

    def matches(self, atom: Atom, version: str) -> bool:
        if not atom.relation:
            return True
        if not version:
            return False
        left, right = self.sort_key(version), self.sort_key(atom.version)
        return {
            "<": left < right,
            "<=": left <= right,
            "=": left == right,
            ">=": left >= right,
            ">": left > right,
            "!=": left != right,
        }[atom.relation]

    def parse_clause(self, text: str) -> Clause:
        return tuple(self._atom(part.strip()) for part in text.split("|"))

    def parse_provide(self, text: str) -> Provide:
        name, _, version = text.partition("=")
        return Provide(name.strip(), version.strip())

    def _atom(self, text: str) -> Atom:
        if text[:1] in {"+", "-"}:
            return Atom("", flags=(text,))
        found = _ATOM(text)
        if not found:
            raise ValueError(f"`{text}` is not a dependency")
        return Atom(found[1], found[2] or "", found[3] or "", flags=tuple(found[4].split(",")) if found[4] else ())


def index_bytes(records: Iterable[PackageRecord], name: str = "toy", dialect: Dialect | None = None) -> bytes:
    file = io.BytesIO()
    write_index(SourceRecords(Snapshot(name, "sha256:00", "2026-01-01T00:00:00Z"), dialect or ToyDialect(), records), file)
    return file.getvalue()


def index_of(records: Iterable[PackageRecord], name: str, dialect: Dialect) -> Index:
    return Index(index_bytes(records, name, dialect))


def world(records: Iterable[PackageRecord], name: str = "toy", priority: int = 50, **settings: str | bool) -> World:
    spec = SourceSpec(name, "toy", priority, tuple(sorted(settings.items())))
    return World(spec, Index(index_bytes(records, name)), ToyDialect())


def profile(*wanted: str | Request, **fields: object) -> Profile:
    requests = [
        Request(wish, span=Span("test.kdl", line, 5, len(wish))) if isinstance(wish, str) else wish for line, wish in enumerate(wanted, 1)
    ]
    return Profile("test", "x86_64", requests=tuple(requests), **fields)  # type: ignore[arg-type]


class Numbers:
    """A universe of plain numbers: groups of consecutive candidates, needs and rivals by candidate."""

    def __init__(self, groups: Sequence[int], needs: dict[int, list[list[int]]], rivals: dict[int, list[int]]) -> None:
        self.groups = [range(sum(groups[:place]), sum(groups[: place + 1])) for place in range(len(groups))]
        self.of = {member: group for group in self.groups for member in group}
        self.needs = needs
        self.rivals = rivals

    @property
    def size(self) -> int:
        return len(self.of)

    def group(self, candidate: int) -> range:
        return self.of[candidate]

    def choice(self, members: Sequence[int]) -> bool:
        return len({self.of[member].start for member in members}) > 1

    def expand(self, candidate: int) -> Expansion:
        needs = [
            Dependency(tuple(members), place, self.choice(members))
            for place, members in enumerate(self.needs.get(candidate, ()))
            if candidate not in members
        ]
        rivals = [
            (other, (CONFLICTS, candidate, other)) for other in self.rivals.get(candidate, ()) if self.of[other] != self.of[candidate]
        ]
        return Expansion(needs, (), rivals)


def random_question(seed: int, most: int = 14) -> Instance:
    """Make a small universe with alternatives, conflicts and roots; about half of them have an answer."""
    chance = random.Random(seed)
    groups = [chance.randint(1, 4) for _ in range(chance.randint(2, most))]
    universe = Numbers(groups, {}, {})
    everyone = range(universe.size)
    dense = chance.choice((1, 2, 3, 4))
    for candidate in everyone:
        rows = []
        for _ in range(chance.randint(0, dense)):
            targets = chance.sample(universe.groups, min(len(groups), chance.choice((1, 1, 1, 2))))
            row = [member for target in targets for member in target if chance.random() < 0.7]
            rows.append(row if row or chance.random() < 0.2 else [chance.choice(everyone)])
        universe.needs[candidate] = rows
        universe.rivals[candidate] = [other for other in everyone if chance.random() < dense * 0.03]
    roots = []
    for _ in range(chance.randint(1, 4)):
        target = chance.choice(universe.groups)
        members = tuple(member for member in target if chance.random() < 0.8) or (target[0],)
        roots.append(Root(members, choice=False))
    return Instance(universe, tuple(roots))
