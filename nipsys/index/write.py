"""From the records of one source to the bytes of its index.

Memory is the point: records are read once and forgotten; their details go straight to the file, and what
stays is flat arrays and one copy of each distinct text.
"""

import json
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from nipsys import __version__
from nipsys.index.clauses import Clauses, Names, priority
from nipsys.index.earlier import Earlier
from nipsys.index.layout import ITEM, PAIR, items, row
from nipsys.index.reader import Index
from nipsys.index.stance import stances
from nipsys.index.writer import Writer
from nipsys.model.frozen import Frozen
from nipsys.model.record import Batch, Dialect, Record
from nipsys.model.typed import BinaryIO

_ORIGIN = "suite"
_ORIGINS = 32


class Built(Frozen):
    """What went into an index."""

    candidates: int
    names: int
    clauses: int
    unreadable: tuple[str, ...]
    """Dependency texts the dialect could not read; nothing satisfies them."""


def build(batch: Batch, file: BinaryIO, earlier: Index | None = None) -> Built:
    """Write the index of ``batch`` to ``file`` (append only, no seeking).

    Of records with equal name, version, arch and flags the first stays. A record's fact ``suite`` is kept as its
    origin: one candidate may have come from several. ``earlier`` is an index of the same source: what it knows of clauses that
    nothing new touches is taken over, and the bytes are those that a build without it would make.
    """
    writer = Writer(file)
    heap = _Heap()
    heap.read(batch.records, writer)
    order = heap.sort(batch.dialect)
    names = Names([heap.names[arrival] for arrival in order])
    versions = [heap.versions[arrival] for arrival in order]
    archs = [heap.archs[arrival] for arrival in order]
    clauses = Clauses(batch.dialect, names, versions, archs)
    clauses.flags = {place: heap.flags[arrival] for place, arrival in enumerate(order) if arrival in heap.flags}
    _provides(heap, order, clauses)
    texts = list(heap.texts)
    known = _usable(earlier, batch.dialect, archs, heap)
    before = Earlier(known, names, versions, archs) if known else None
    if before:
        before.seal(clauses.provided)
    _write_candidates(writer, heap, order)
    _write_names(writer, names)
    offsets, members = array("I", [0]), array("I")
    mention_at, mention, mentioned = array("I", [0]), array("I"), dict[str, int]()
    for text in texts:
        satisfying, named = (before.find(text) if before else None) or clauses.resolve(text)
        members.extend(satisfying)
        offsets.append(len(members))
        mention.extend([mentioned.setdefault(name, len(mentioned)) for name in named])
        mention_at.append(len(mention))
    writer.numbers("popular", _popular(heap, names, mentioned, mention_at, mention))
    writer.numbers("mention_at", mention_at)
    writer.numbers("mention", mention)
    _write_texts(writer, "mentioned", list(mentioned))
    kinds = sorted(set(archs))
    writer.numbers("arch", array("I", map(kinds.index, archs)))
    _write_variants(writer, heap, order, clauses, names)
    writer.numbers("clause_at", offsets)
    writer.numbers("clause", members)
    _write_texts(writer, "text", texts)
    _write_texts(writer, "version", versions)
    _write_provided(writer, clauses)
    snapshot = batch.snapshot
    writer.finish(
        {
            "snapshot": (snapshot.source, snapshot.digest, snapshot.date),
            "facts": [PAIR.join(items((word,)) for word in fact) for fact in snapshot.facts],
            "dialect": (batch.dialect.name,),
            "candidates": (str(len(order)),),
            "names": (str(len(names.sorted)),),
            "clauses": (str(len(texts)),),
            "flagged": (str(int(bool(heap.flags))),),
            "archs": kinds,
            "maker": (__version__,),
            "origins": list(heap.origins),
            "unreadable": clauses.unreadable[:100],
        },
    )
    return Built(len(order), len(names.sorted), len(texts), tuple(clauses.unreadable))


def _popular(heap: "_Heap", names: Names, mentioned: dict[str, int], at: "array[int]", mention: "array[int]") -> "array[int]":
    """Count for each name how many candidates need or recommend it."""
    asking = Counter(heap.links[0])
    asking.update(heap.links[1])
    counts = array("I", [0]) * len(mentioned)
    for clause, count in asking.items():
        for name in mention[at[clause] : at[clause + 1]]:
            counts[name] += count
    popular = array("I", [0]) * len(names.sorted)
    for name, number in mentioned.items():
        place = names.number.get(name)
        if place is not None:
            popular[place] = counts[number]
    return popular


def _usable(earlier: Index | None, dialect: Dialect, archs: list[str], heap: "_Heap") -> Index | None:
    """Give the earlier index when its clauses mean what they would now: same maker, dialect, machines; no variants; all readable."""
    if earlier is None or earlier.flagged or heap.flags or earlier.unreadable:
        return None
    same = (earlier.maker, earlier.dialect, list(earlier.archs)) == (__version__, dialect.name, sorted(set(archs)))
    return earlier if same else None


class _Heap:
    """What stays of the records while the index is built, in the order they came."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.versions: list[str] = []
        self.archs: list[str] = []
        self.summaries: list[bytes] = []
        self.detail = array("I")
        self.origin = array("I")
        self.rank = bytearray()
        self.links = (array("I"), array("I"), array("I"))
        self.starts = (array("I", [0]), array("I", [0]), array("I", [0]))
        self.texts: dict[str, int] = {}
        self.provides: dict[int, tuple[str, ...]] = {}
        self.flags: dict[int, tuple[str, ...]] = {}
        self.origins: dict[str, int] = {}
        self.essential: set[int] = set()

    def read(self, records: "Iterator[Record] | object", writer: Writer) -> None:
        """Take in every record; its details go to ``writer`` at once."""
        texts, archs = self.texts, {"": ""}
        for arrival, record in enumerate(records):  # type: ignore[arg-type, var-annotated]
            self.names.append(record.name)
            self.versions.append(record.version)
            self.archs.append(archs.setdefault(record.arch, record.arch))
            self.summaries.append(record.summary.replace("\n", " ").encode())
            self.detail.append(writer.position)
            for wanted, link, start in zip((record.needs, record.wishes, record.refuses), self.links, self.starts, strict=True):
                for text in wanted:
                    link.append(texts.setdefault(text, len(texts)))
                start.append(len(link))
            if record.provides:
                self.provides[arrival] = record.provides
            if record.flags:
                self.flags[arrival] = record.flags
            if record.essential:
                self.essential.add(arrival)
            self._facts(record)
            writer.append(_details(record))

    def _facts(self, record: Record) -> None:
        mask, rank = 0, 3
        for fact, value in record.facts:
            if fact == _ORIGIN:
                place = self.origins.setdefault(value, len(self.origins))
                mask |= 1 << min(place, _ORIGINS - 1)
            elif fact == "priority":
                rank = priority(value)
        self.origin.append(mask)
        self.rank.append(rank)

    def sort(self, dialect: Dialect) -> list[int]:
        """Give the arrivals by name, newest version first, each (name, version, arch) once."""
        order: list[int] = []
        names, versions, archs = self.names, self.versions, self.archs
        for _, group in groupby(sorted(range(len(names)), key=names.__getitem__), key=names.__getitem__):
            run = list(group)
            if len(run) == 1:
                order += run
                continue
            run.sort(key=lambda arrival: dialect.key(versions[arrival]), reverse=True)
            kept: dict[tuple[str, str, tuple[str, ...]], int] = {}
            for arrival in run:
                first = kept.setdefault((versions[arrival], archs[arrival], self.flags.get(arrival, ())), arrival)
                if first != arrival:
                    self.origin[first] |= self.origin[arrival]
            order += kept.values()
        return order


def _details(record: Record) -> bytes:
    facts = "\x1e".join([f"{key}{PAIR}{value}" for key, value in record.facts])
    if facts.count(PAIR) != len(record.facts) or facts.count(ITEM) >= max(len(record.facts), 1):
        facts = ITEM.join(PAIR.join(items((word,)) for word in fact) for fact in record.facts)
    fields = (
        record.arch,
        record.location,
        str(record.size),
        record.digest,
        record.format,
        items(record.flags) if record.flags else "",
        items(record.provides) if record.provides else "",
        facts,
    )
    return row(fields).encode("utf-8", "surrogatepass") + b"\n"


def _provides(heap: _Heap, order: list[int], clauses: Clauses) -> None:
    for candidate, arrival in enumerate(order):
        for text in heap.provides.pop(arrival, ()):
            clauses.provide(text, candidate, heap.rank[arrival])
    clauses.seal()


def _write_candidates(writer: Writer, heap: _Heap, order: list[int]) -> None:
    writer.numbers("detail", array("I", [heap.detail[arrival] for arrival in order]))
    writer.numbers("origin", array("I", [heap.origin[arrival] for arrival in order]))
    writer.numbers("essential", array("I", [place for place, arrival in enumerate(order) if arrival in heap.essential]))
    for name, link, start in zip(("need", "wish", "refuse"), heap.links, heap.starts, strict=True):
        starts, flat = array("I", [0]), array("I")
        for arrival in order:
            flat.extend(link[start[arrival] : start[arrival + 1]])
            starts.append(len(flat))
        writer.numbers(f"{name}_at", starts)
        writer.numbers(name, flat)
    at, packed = array("I", [0]), bytearray()
    for arrival in order:
        packed += heap.summaries[arrival]
        packed += b"\n"
        at.append(len(packed))
    heap.summaries.clear()
    writer.numbers("summary_at", at)
    writer.text("summary", packed)


def _write_names(writer: Writer, names: Names) -> None:
    writer.numbers("first", names.first)
    writer.numbers("owner", names.owner)
    _write_texts(writer, "name", names.sorted)


def _write_texts(writer: Writer, name: str, values: list[str]) -> None:
    at, packed = array("I", [0]), bytearray()
    for value in values:
        packed += value.encode("utf-8", "surrogatepass")
        packed += b"\n"
        at.append(len(packed))
    writer.numbers(f"{name}_at", at)
    writer.text(name, packed or b"\n")


def _write_variants(writer: Writer, heap: _Heap, order: list[int], clauses: Clauses, names: Names) -> None:
    """Write the special clauses, and every flag of a name that some clause speaks of, with its values."""
    special = {number: clauses.special[text] for text, number in heap.texts.items() if text in clauses.special}
    writer.numbers("special", array("I", special))
    _write_texts(writer, "alternatives", [json.dumps(value, separators=(",", ":")) for value in special.values()])
    spoken: dict[tuple[int, str], None] = {}
    for alternatives in special.values():
        for asked, members in alternatives:
            spoken.update(((names.owner[member], wish.flag), None) for member in members or () for wish in asked)
    for candidate, arrival in enumerate(order if special else ()):
        for link, start in zip(heap.links, heap.starts, strict=True):
            for number in link[start[arrival] : start[arrival + 1]]:
                own = (wish for asked, members in special.get(number, ()) if members is None for wish in asked)
                spoken.update(((names.owner[candidate], wish.flag), None) for wish in own)
    rows = []
    for name, flag in sorted(spoken):
        candidates = range(names.first[name], names.first[name + 1])
        values = dict.fromkeys(value for one in candidates for value in stances(clauses.flags.get(one, ())).get(flag, ("off",)))
        rows.append([name, flag, list(values)])
    writer.text("variants", json.dumps(rows, separators=(",", ":")).encode())


def _write_provided(writer: Writer, clauses: Clauses) -> None:
    names = sorted(clauses.provided)
    at, candidates, versions = array("I", [0]), array("I"), []
    for name in names:
        for _, candidate, version in clauses.provided[name]:
            candidates.append(candidate)
            versions.append(version)
        at.append(len(candidates))
    _write_texts(writer, "virtual", names)
    writer.numbers("provider_at", at)
    writer.numbers("provider", candidates)
    _write_texts(writer, "provided", versions)
