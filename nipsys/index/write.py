"""Write the records of one source as the bytes of its index.

This is built to save memory: records are read once and dropped; their details go straight to the file, and only flat arrays and one copy of
each distinct text stay. With an earlier index only changed records are parsed; the rest is copied in runs.
"""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, repeat
from operator import sub
from typing import BinaryIO

from nipsys import __version__
from nipsys.index.clauses import ClauseResolver, NameTable
from nipsys.index.file_layout import PAIR, STAMP_SIZE, join_items
from nipsys.index.flags import parse_flag_values
from nipsys.index.incremental import EarlierIndex, map_places
from nipsys.index.reader import Index
from nipsys.index.records import RecordTable
from nipsys.index.sections import SectionWriter
from nipsys.model import Frozen
from nipsys.model.package import Dialect, SourceRecords

_LINKS = ("need", "wish", "refuse")


class BuildReport(Frozen):
    """What went into an index."""

    candidates: int
    names: int
    clauses: int
    unreadable: tuple[str, ...]
    """Dependency texts the dialect could not parse; nothing satisfies them."""


def write_index(batch: SourceRecords, file: BinaryIO, earlier: Index | None = None) -> BuildReport:
    """Write the index of ``batch`` to ``file`` (append only, no seeking).

    Of records with equal name, version, arch and flags only the first is kept. A record's fact ``suite`` is kept as its origin; one
    candidate can have several. ``earlier`` is an index of the same source: its records of unchanged stanzas are not parsed again, nor its
    clauses that no change affects. The resulting bytes are the same as without it.
    """
    writer = SectionWriter(file)
    heap = RecordTable(EarlierIndex(earlier) if earlier is not None and _is_usable(earlier, batch.dialect) else None)
    heap.read(batch.records, writer)
    runs = heap.sort_records(batch.dialect)
    order = list(chain.from_iterable(runs))
    names = NameTable([heap.names[number] for number in order])
    versions = [heap.versions[number] for number in order]
    archs = [heap.archs[number] for number in order]
    clauses = ClauseResolver(batch.dialect, names, versions, archs)
    clauses.flags = {place: heap.flags[number] for place, number in enumerate(order) if number in heap.flags}
    _write_candidates(writer, heap, runs, order)
    links = [_collect_column(heap, name, runs) for name in _LINKS]
    texts, renumbered = _renumber(list(heap.texts), [flat for _, flat in links])
    for name, (at, _), flat in zip(_LINKS, links, renumbered, strict=True):
        writer.write_numbers(f"{name}_at", at)
        writer.write_numbers(name, flat)
    writer.write_numbers("first", names.first)
    writer.write_numbers("owner", names.owner)
    _write_texts(writer, "name", names.sorted)
    known = _collect_providers(heap, runs, clauses)
    read = _resolve_clauses(clauses, texts, known)
    writer.write_numbers("popular", _count_popularity(renumbered, names, read))
    writer.write_numbers("mention_at", read.mention_at)
    writer.write_numbers("mention", read.mention)
    _write_texts(writer, "mentioned", read.mentioned)
    writer.write_numbers("clause_at", read.at)
    writer.write_numbers("clause", read.members)
    kinds = sorted(set(archs))
    writer.write_numbers("arch", array("I", map({kind: number for number, kind in enumerate(kinds)}.__getitem__, archs)))
    _write_variants(writer, clauses, names, texts, list(zip((at for at, _ in links), renumbered, strict=True)))
    _write_texts(writer, "text", texts)
    _write_texts(writer, "version", versions)
    _write_provided(writer, clauses)
    snapshot = batch.snapshot
    writer.finish(
        {
            "snapshot": (snapshot.source, snapshot.digest, snapshot.date),
            "facts": [PAIR.join(join_items((word,)) for word in fact) for fact in snapshot.facts],
            "dialect": (batch.dialect.name,),
            "candidates": (str(len(order)),),
            "names": (str(len(names.sorted)),),
            "clauses": (str(len(texts)),),
            "flagged": (str(int(bool(heap.flags))),),
            "archs": kinds,
            "maker": (__version__,),
            "origins": sorted(heap.origins),
            "unreadable": sorted(clauses.unreadable)[:100],
        },
    )
    return BuildReport(len(order), len(names.sorted), len(texts), tuple(clauses.unreadable))


def _is_usable(earlier: Index, dialect: Dialect) -> bool:
    """Return whether an earlier index is still valid: same version of nipsys and dialect, no variants, no unreadable texts."""
    same = (earlier.maker, earlier.dialect) == (__version__, dialect.name)
    return same and not earlier.flagged and not earlier.has_unreadable


def _collect_column(heap: RecordTable, name: str, runs: Iterable[Sequence[int]]) -> "tuple[array[int], array[int]]":
    """Return where the texts of each candidate start, and the numbers of the texts."""
    link, start = heap.links[_LINKS.index(name)], heap.starts[_LINKS.index(name)]
    index = heap.earlier.index if heap.earlier else None
    at, flat = array("I", [0]), array("I")
    for run in runs:
        if index is not None and isinstance(run, range) and run.stop <= heap.base:
            before = getattr(index, f"{name}_at")
            low, high = before[run.start], before[run.stop]
            shift = len(flat) - low
            at.extend([place + shift for place in before[run.start + 1 : run.stop + 1]])
            flat.frombytes(getattr(index, name)[low:high].cast("B"))
        else:
            for number in run:
                place = number - heap.base
                flat.extend(link[start[place] : start[place + 1]])
                at.append(len(flat))
    return at, flat


def _renumber(texts: Sequence[str], flats: "Sequence[array[int]]") -> "tuple[list[str], list[array[int]]]":
    """Return the texts in order of first use, and the renumbered links: equal records give equal bytes, in whatever way they were read."""
    used = list(dict.fromkeys(chain.from_iterable(flats)))
    if used == list(range(len(texts))):
        return list(texts), list(flats)
    table = array("I", [0]) * len(texts)
    for number, before in enumerate(used):
        table[before] = number
    return [texts[number] for number in used], [array("I", map(table.__getitem__, flat)) for flat in flats]


class _EarlierClauses:
    """The clauses of an earlier index: their members under new numbers, and which of them are still valid."""

    def __init__(self, earlier: EarlierIndex, places: "array[int]", changed: set[str]) -> None:
        self.index = earlier.index
        self.texts = earlier.texts
        self.members = array("I", map(places.__getitem__, earlier.index.clause))
        self.valid = earlier.find_valid_clauses(changed, self.members)


def _collect_providers(heap: RecordTable, runs: Sequence[Sequence[int]], clauses: ClauseResolver) -> _EarlierClauses | None:
    """Collect the providers of all names; return the clauses of the earlier index, if they can be reused."""
    provides, place = heap.provides, 0
    for run in runs:
        for candidate, number in enumerate(run, place) if run[0] >= heap.base else ():
            for text in provides.get(number, ()):
                clauses.add_provider(text, candidate, heap.rank[number - heap.base])
        place += len(run)
    earlier = heap.earlier
    if earlier is None:
        clauses.sort_providers()
        return None
    places = map_places(runs, heap.base)
    changed = earlier.carry_providers(places, clauses)
    clauses.sort_providers(changed)
    if heap.flags:
        return None
    changed.update(heap.names[heap.base :])
    changed.update(earlier.names[number] for number, kept in enumerate(heap.kept) if not kept)
    return _EarlierClauses(earlier, places, changed)


class _ResolvedClauses(Frozen):
    """The members of all clauses, and the names they mention."""

    at: "array[int]"
    members: "array[int]"
    mention_at: "array[int]"
    mention: "array[int]"
    mentioned: list[str]


def _resolve_clauses(clauses: ClauseResolver, texts: Sequence[str], held: _EarlierClauses | None) -> _ResolvedClauses:
    """Find the members of every clause and the names it mentions; clauses that are still valid are copied in runs."""
    at, members = array("I", [0]), array("I")
    mention_at, mention = array("I", [0]), array("I")
    mentioned = {name: number for number, name in enumerate(held.index.all_texts("mentioned"))} if held else {}
    place = 0
    while place < len(texts):
        stop = _valid_run_end(texts, place, held) if held else place
        if held and stop > place:
            first = held.texts[texts[place]]
            _copy_run(at, members, held.index.clause_at[first : first + stop - place + 1], held.members)
            _copy_run(mention_at, mention, held.index.mention_at[first : first + stop - place + 1], held.index.mention)
            place = stop
            continue
        satisfying, named = clauses.resolve(texts[place])
        members.extend(satisfying)
        at.append(len(members))
        mention.extend([mentioned.setdefault(name, len(mentioned)) for name in named])
        mention_at.append(len(mention))
        place += 1
    words, (mention,) = _renumber(list(mentioned), [mention])
    return _ResolvedClauses(at, members, mention_at, mention, words)


def _valid_run_end(texts: Sequence[str], place: int, held: _EarlierClauses) -> int:
    """Return the end of the run from ``place`` on whose clauses were adjacent in the earlier index and are still valid."""
    number, known, fit = held.texts.get(texts[place], -1), held.texts, held.valid
    while number >= 0 and place < len(texts) and number < len(fit) and fit[number] and known.get(texts[place]) == number:
        place, number = place + 1, number + 1
    return place


def _copy_run(at: "array[int]", flat: "array[int]", before: Sequence[int], source: "array[int] | memoryview[int]") -> None:
    low, high = before[0], before[-1]
    shift = len(flat) - low
    at.extend([place + shift for place in before[1:]])
    flat.frombytes(memoryview(source)[low:high].cast("B"))


def _count_popularity(links: "Sequence[array[int]]", names: NameTable, read: _ResolvedClauses) -> "array[int]":
    """Count for each name how many candidates depend on it or recommend it."""
    asking = Counter(links[0])
    asking.update(links[1])
    each = map(repeat, map(asking.__getitem__, range(len(read.mention_at) - 1)), map(sub, read.mention_at[1:], read.mention_at))
    counts = [0] * len(read.mentioned)
    for name, count in zip(read.mention, chain.from_iterable(each), strict=True):
        counts[name] += count
    popular = array("I", [0]) * len(names.sorted)
    for word, count in zip(read.mentioned, counts, strict=True):
        place = names.number.get(word)
        if place is not None:
            popular[place] = count
    return popular


def _write_candidates(writer: SectionWriter, heap: RecordTable, runs: Sequence[Sequence[int]], order: Sequence[int]) -> None:
    writer.write_numbers("detail", array("I", map(heap.detail.__getitem__, order)))
    writer.write_numbers("origin", heap.rank_masks(map(heap.origin.__getitem__, order)))
    writer.write_numbers("essential", array("I", [place for place, number in enumerate(order) if number in heap.essential]))
    place = {number: place for place, number in enumerate(order)} if heap.twins else {}
    twins = sorted((place[first], stamp, mask) for stamp, first, mask in heap.twins)
    writer.write_numbers("twin", array("I", [first for first, _, _ in twins]))
    writer.write_numbers("twin_origin", heap.rank_masks(mask for _, _, mask in twins))
    stamps = b"".join(stamp for _, stamp, _ in twins)
    at, packed = array("I", [0]), bytearray()
    own = bytearray()
    index = heap.earlier.index if heap.earlier else None
    for run in runs:
        if index is not None and isinstance(run, range) and run.stop <= heap.base:
            before = index.summary_at[run.start : run.stop + 1]
            shift = len(packed) - before[0]
            at.extend([place + shift for place in before[1:]])
            packed += index.section_bytes("summary", before[0], before[-1])
            own += index.section_bytes("stamp", run.start * STAMP_SIZE, run.stop * STAMP_SIZE)
        else:
            for number in run:
                packed += heap.summaries[number - heap.base]
                packed += b"\n"
                at.append(len(packed))
                own += heap.stamps[number - heap.base]
    heap.summaries.clear()
    writer.write_numbers("summary_at", at)
    writer.write_bytes("summary", packed)
    writer.write_bytes("stamp", own)
    writer.write_bytes("twin_stamp", stamps)


def _write_texts(writer: SectionWriter, name: str, values: Sequence[str]) -> None:
    packed = "".join([*("\n".join(values), "\n")] if values else "").encode("utf-8", "surrogatepass")
    lengths: Iterable[int] = map(len, values)
    if not packed.isascii():
        lengths = (len(value.encode("utf-8", "surrogatepass")) for value in values)
    at = array("I", [0])
    at.extend(accumulate(map((1).__add__, lengths)))
    writer.write_numbers(f"{name}_at", at)
    writer.write_bytes(name, packed or b"\n")


def _write_variants(
    writer: SectionWriter, clauses: ClauseResolver, names: NameTable, texts: Sequence[str], links: "Sequence[tuple[array[int], array[int]]]"
) -> None:
    """Write the special clauses, and every flag of a name that some clause mentions, with its values."""
    special = {number: clauses.special[text] for number, text in enumerate(texts) if text in clauses.special} if clauses.special else {}
    writer.write_numbers("special", array("I", special))
    _write_texts(writer, "alternatives", [json.dumps(value, separators=(",", ":")) for value in special.values()])
    spoken: dict[tuple[int, str], None] = {}
    for alternatives in special.values():
        for asked, members in alternatives:
            spoken.update(((names.owner[member], wish.flag), None) for member in members or () for wish in asked)
    for at, flat in links if special else ():
        for candidate in range(len(at) - 1):
            for number in flat[at[candidate] : at[candidate + 1]]:
                own = (wish for asked, members in special.get(number, ()) if members is None for wish in asked)
                spoken.update(((names.owner[candidate], wish.flag), None) for wish in own)
    rows = []
    for name, flag in sorted(spoken):
        candidates = range(names.first[name], names.first[name + 1])
        values = dict.fromkeys(value for one in candidates for value in parse_flag_values(clauses.flags.get(one, ())).get(flag, ("off",)))
        rows.append([name, flag, list(values)])
    writer.write_bytes("variants", json.dumps(rows, separators=(",", ":")).encode())


def _write_provided(writer: SectionWriter, clauses: ClauseResolver) -> None:
    names = sorted(clauses.provided)
    at, candidates, versions = array("I", [0]), array("I"), []
    for name in names:
        for _, candidate, version in clauses.provided[name]:
            candidates.append(candidate)
            versions.append(version)
        at.append(len(candidates))
    _write_texts(writer, "virtual", names)
    writer.write_numbers("provider_at", at)
    writer.write_numbers("provider", candidates)
    _write_texts(writer, "provided", versions)
