"""Records that are added to an index, by number: those kept from an earlier index, then those parsed now.

A list that can identify its stanzas without parsing them (``StampedRecords``) gives a stamp for each. A stanza that an earlier index
has under the same stamp is not parsed again: it keeps its number, and its data is copied in runs.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby

from nipsys.index.clauses import rank_priority
from nipsys.index.file_layout import FIELD, ITEM, PAIR, STAMP_SIZE, format_row, join_items
from nipsys.index.incremental import EarlierIndex
from nipsys.index.sections import SectionWriter
from nipsys.model.package import Dialect, PackageRecord, StampedRecords

_ORIGIN = "suite"
_ORIGINS = 32


class RecordTable:
    """The columns of the records, kept in memory while the index is built."""

    def __init__(self, earlier: EarlierIndex | None) -> None:
        """Start with the records of ``earlier``, none of them kept yet."""
        self.earlier = earlier
        self.base = base = earlier.index.size if earlier else 0
        self.names: list[str] = earlier.names if earlier else []
        self.versions: list[str] = earlier.versions if earlier else []
        self.archs: list[str] = earlier.archs if earlier else []
        self.texts: dict[str, int] = dict(earlier.texts) if earlier else {}
        self.kept = bytearray(base)
        self.detail = array("I", [0]) * base
        self.origin: list[int] = [0] * base
        self.origins: dict[str, int] = {}
        self.stamps: list[bytes] = []
        self.twins: list[tuple[bytes, int, int]] = []
        """Stamp, record and origins of every duplicate: a record equal to an earlier one."""
        self.summaries: list[bytes] = []
        self.rank = bytearray()
        self.links = (array("I"), array("I"), array("I"))
        self.starts = (array("I", [0]), array("I", [0]), array("I", [0]))
        self.provides: dict[int, tuple[str, ...]] = {}
        self.flags: dict[int, tuple[str, ...]] = {}
        self.essential: set[int] = set(earlier.index.essential) if earlier else set()
        self._arrived = array("I")
        self._latest: dict[str, int] = {}
        self._before: dict[int, int] = {}
        self._run = [0, 0, 0]
        """Start and end of adjacent detail rows that are kept, and the offset by which they move."""
        self._last = 0
        self._ordered = True

    def read(self, records: Iterable[PackageRecord], writer: SectionWriter) -> None:
        """Add every record; its details go to ``writer`` at once."""
        known = self.earlier.stamps if self.earlier else {}
        stanzas = records.stanzas() if isinstance(records, StampedRecords) else ((b"", record, None) for record in records)
        for given, raw, read in stanzas:
            stamp = given or _compute_stamp(raw)
            number = known.get(stamp)
            if number is None or not self._keep(stamp, number, writer):
                record = read(raw) if read else raw
                if record is not None:
                    self._add_new(record, stamp, writer)
        self._flush(writer)

    def _keep(self, stamp: bytes, number: int, writer: SectionWriter) -> bool:
        """Keep a record of the earlier index, or a duplicate of one; ``False`` when it must be parsed after all."""
        earlier = self.earlier
        assert earlier is not None
        if number < 0:
            first = earlier.index.twin[~number]
            if not self.kept[first]:
                return False
            self._add_twin(stamp, first, self._mask(earlier.suites(earlier.index.twin_origin[~number])))
            return True
        if self.kept[number]:
            return False
        mask = self._mask(earlier.suites(earlier.own_origins(number)))
        name = self.names[number]
        first = self._find_equal(name, self.versions[number], self.archs[number], ()) if name in self._latest else -1
        if first >= 0:
            self._add_twin(stamp, first, mask)
            return True
        start, stop = earlier.start[number], earlier.stop[number]
        if start != self._run[1]:
            self._flush(writer)
            self._run = [start, stop, writer.position - start]
        self._ordered = self._ordered and start >= self._last
        self._run[1] = self._last = stop
        self.detail[number] = start + self._run[2]
        self.origin[number] = mask
        self.kept[number] = 1
        self._link_name(number, name)
        return True

    def _flush(self, writer: SectionWriter) -> None:
        """Copy the current run of kept detail rows."""
        if self.earlier and self._run[1] > self._run[0]:
            writer.append(bytes(self.earlier.index.row_bytes(self._run[0], self._run[1])))
        self._run = [0, 0, 0]

    def _add_new(self, record: PackageRecord, stamp: bytes, writer: SectionWriter) -> None:
        mask, rank = self._read_facts(record)
        first = self._find_equal(record.name, record.version, record.arch, record.flags) if record.name in self._latest else -1
        if first >= 0:
            self._add_twin(stamp, first, mask)
            return
        if self._run[1]:
            self._flush(writer)
        number = len(self.names)
        texts = self.texts
        self.names.append(record.name)
        self.versions.append(record.version)
        self.archs.append(record.arch)
        self.stamps.append(stamp)
        self.summaries.append(record.summary.replace("\n", " ").encode())
        self.detail.append(writer.position)
        self.origin.append(mask)
        self.rank.append(rank)
        for wanted, link, start in zip((record.depends, record.recommends, record.conflicts), self.links, self.starts, strict=True):
            for text in wanted:
                link.append(texts.setdefault(text, len(texts)))
            start.append(len(link))
        if record.provides:
            self.provides[number] = record.provides
        if record.flags:
            self.flags[number] = record.flags
        if record.essential:
            self.essential.add(number)
        self._link_name(number, record.name)
        writer.append(_format_details(record))

    def _link_name(self, number: int, name: str) -> None:
        self._arrived.append(number)
        known = self._latest.get(name)
        if known is not None:
            self._before[number] = known
        self._latest[name] = number

    def _find_equal(self, name: str, version: str, arch: str, flags: tuple[str, ...]) -> int:
        """Return the previous record with the same name, version, machine and flags; -1 when there is none."""
        number = self._latest.get(name, -1)
        while number >= 0:
            if (self.versions[number], self.archs[number], self.flags.get(number, ())) == (version, arch, flags):
                return number
            number = self._before.get(number, -1)
        return -1

    def _add_twin(self, stamp: bytes, first: int, mask: int) -> None:
        self.origin[first] |= mask
        self.twins.append((stamp, first, mask))

    def _read_facts(self, record: PackageRecord) -> tuple[int, int]:
        mask, rank, origins = 0, 3, self.origins
        for fact, value in record.facts:
            if fact == _ORIGIN:
                mask |= 1 << origins.setdefault(value, len(origins))
            elif fact == "priority":
                rank = rank_priority(value)
        return mask, rank

    def _mask(self, suites: Iterable[str]) -> int:
        mask = 0
        for suite in suites:
            mask |= 1 << self.origins.setdefault(suite, len(self.origins))
        return mask

    def rank_masks(self, values: Iterable[int]) -> "array[int]":
        """Renumber the bits of origin masks by the sorted names of the origins."""
        place = {number: min(rank, _ORIGINS - 1) for rank, number in enumerate(self.origins[name] for name in sorted(self.origins))}
        known: dict[int, int] = {}
        for value in (values := list(values)):
            if value not in known:
                known[value] = sum({1 << rank for number, rank in place.items() if value >> number & 1})
        return array("I", map(known.__getitem__, values))

    def sort_records(self, dialect: Dialect) -> Sequence[Sequence[int]]:
        """Return the records by name, newest version first: as runs of consecutive numbers, or in a single row without an earlier index."""
        fresh = sorted(range(self.base, len(self.names)), key=self.names.__getitem__)
        if self.earlier is None or not self._ordered:
            alive = sorted(self._arrived, key=self.names.__getitem__) if self.earlier else fresh
            ordered: list[int] = []
            for _, same in groupby(alive, key=self.names.__getitem__):
                ordered += self._sort_newest(list(same), dialect)
            return list(_split_runs(ordered, self.base)) if self.earlier else [ordered] if ordered else []
        index, kept = self.earlier.index, self.kept
        came = self._arrival_places({one for number in fresh for one in (number, *index.candidates(self.names[number]))})
        order: list[range] = []
        done = 0
        for name, group in groupby(fresh, key=self.names.__getitem__):
            start, stop = self.earlier.span(name)
            order += _kept_runs(kept, done, start)
            here = [*(one for one in range(start, stop) if kept[one]), *group]
            order += _split_runs(self._sort_newest(sorted(here, key=came.__getitem__), dialect), self.base)
            done = stop
        return [*order, *_kept_runs(kept, done, self.base)]

    def _sort_newest(self, group: list[int], dialect: Dialect) -> list[int]:
        if len(group) > 1:
            group.sort(key=lambda number: dialect.sort_key(self.versions[number]), reverse=True)
        return group

    def _arrival_places(self, wanted: set[int]) -> dict[int, int]:
        """Return the positions at which the ``wanted`` records arrived."""
        return {number: place for place, number in enumerate(self._arrived) if number in wanted}


def _kept_runs(kept: bytearray, start: int, stop: int) -> Iterator[range]:
    """Yield the runs of kept records."""
    while start < stop:
        end = kept.find(0, start, stop)
        end = stop if end < 0 else end
        if end > start:
            yield range(start, end)
        start = end + 1


def _split_runs(numbers: Sequence[int], base: int) -> Iterator[range]:
    """Yield consecutive numbers as ranges; no range crosses ``base``, where the newly parsed records begin."""
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1 or numbers[place] == base:
            yield range(numbers[start], numbers[place - 1] + 1)
            start = place


def _compute_stamp(record: PackageRecord) -> bytes:
    """Compute the stamp of a record that came without one."""
    texts = (
        record.name,
        record.version,
        record.summary,
        *(ITEM.join(wanted) for wanted in (record.depends, record.recommends, record.conflicts)),
    )
    text = FIELD.join((*texts, "essential" if record.essential else "")).encode("utf-8", "surrogatepass")
    return blake2b(text + _format_details(record), digest_size=STAMP_SIZE).digest()


def _format_details(record: PackageRecord) -> bytes:
    facts = "\x1e".join([f"{key}{PAIR}{value}" for key, value in record.facts])
    if facts.count(PAIR) != len(record.facts) or facts.count(ITEM) >= max(len(record.facts), 1):
        facts = ITEM.join(PAIR.join(join_items((word,)) for word in fact) for fact in record.facts)
    fields = (
        record.arch,
        record.location,
        str(record.size),
        record.digest,
        record.format,
        join_items(record.flags) if record.flags else "",
        join_items(record.provides) if record.provides else "",
        facts,
    )
    return format_row(fields).encode("utf-8", "surrogatepass") + b"\n"
