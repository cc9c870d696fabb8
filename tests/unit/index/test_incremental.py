"""An index built with an earlier one has exactly the bytes it would have without it."""

import hashlib
import io
import random
from collections.abc import Iterable, Iterator

import pytest
from toy_world import ToyDialect

from nipsys.index import Index, write_index
from nipsys.model.package.record import Clause, PackageRecord, Snapshot, SourceRecords, StampedRecords, Stanza


class Counting(ToyDialect):
    """Counts how many texts are read."""

    def __init__(self) -> None:
        self.read = 0

    def parse_clause(self, text: str) -> Clause:
        self.read += 1
        return super().parse_clause(text)


def universe(seed: int, most: int = 60) -> dict[str, PackageRecord]:
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(most)]
    found = {}
    for name in names:
        for version in range(1, chance.randint(2, 4)):
            needs = tuple(
                f"{chance.choice(names)} >= {chance.randint(1, 3)} | v{chance.randint(1, 5)}" for _ in range(chance.randint(0, 4))
            )
            provides = (f"v{chance.randint(1, 5)}={version}",) if chance.random() < 0.2 else ()
            refuses = (f"{chance.choice(names)} < 2",) if chance.random() < 0.2 else ()
            found[f"{name}-{version}"] = PackageRecord(name, str(version), "", needs, provides=provides, conflicts=refuses)
    return found


def changed(records: dict[str, PackageRecord], seed: int) -> dict[str, PackageRecord]:
    """Drop, add and alter a few records."""
    chance = random.Random(seed)
    after = dict(records)
    for key in chance.sample(sorted(after), 3):
        match chance.randint(0, 4):
            case 0:
                del after[key]
            case 1:
                after[f"{key}x"] = after[key]._replace(version="7")
            case 2:
                after[key] = after[key]._replace(provides=(f"v{chance.randint(1, 6)}=3",))
            case 3:
                after[key] = after[key]._replace(depends=("new-name", "p1"))
            case _:
                after["new-name"] = PackageRecord("new-name", "1", "", ("p3 | p4",))
    return after


class Stanzas(StampedRecords):
    """Records that can be told apart before they are read; counts how many are."""

    def __init__(self, records: Iterable[PackageRecord]) -> None:
        self.records = list(records)
        self.read = 0

    def __iter__(self) -> Iterator[PackageRecord]:
        return iter(self.records)

    def stanzas(self) -> Iterator[Stanza]:
        for record in self.records:
            yield hashlib.blake2b(repr(record).encode(), digest_size=16).digest(), record, self._read

    def _read(self, record: PackageRecord) -> PackageRecord | None:
        self.read += 1
        return None if record.name == "foreign" else record


def built(records: dict[str, PackageRecord] | Stanzas, earlier: Index | None) -> tuple[bytes, int]:
    file, dialect = io.BytesIO(), Counting()
    told = records if isinstance(records, Stanzas) else records.values()
    write_index(SourceRecords(Snapshot("toy", "sha256:00", "2026-01-01T00:00:00Z"), dialect, told), file, earlier)
    return file.getvalue(), dialect.read


@pytest.mark.parametrize("seed", range(60))
def test_an_incremental_index_has_the_same_bytes(seed: int) -> None:
    before = universe(seed)
    after = changed(before, seed)
    earlier = Index(built(before, None)[0])
    whole, all_read = built(after, None)
    beside, read = built(after, earlier)
    assert beside == whole
    assert read < all_read


def test_nothing_is_read_again_when_nothing_changed() -> None:
    records = universe(1)
    data, _ = built(records, None)
    assert built(records, Index(data)) == (data, 0)


def test_other_architectures_or_variants_reuse_nothing() -> None:
    records = universe(2)
    earlier = Index(built(records, None)[0])
    other = {key: record._replace(arch="amd64") for key, record in records.items()}
    assert built(other, earlier) == built(other, None)
    flagged = {key: record._replace(flags=("+x",)) for key, record in records.items()}
    assert built(flagged, earlier) == built(flagged, None)


def suites(records: dict[str, PackageRecord], seed: int) -> list[PackageRecord]:
    """Return the records as three lists would: some in several, with priorities, summaries, details, and one essential."""
    chance = random.Random(seed)
    out = []
    for suite in ("new", "middle", "old"):
        for key, record in records.items():
            if chance.random() < 0.6:
                facts = (("priority", chance.choice(("important", "optional"))), ("suite", suite))
                fixed = random.Random(key)
                out.append(
                    record._replace(
                        facts=facts if fixed.random() < 0.5 else facts[1:],
                        summary=fixed.choice(("", "a thing", "ein Ding für alle", "two")),
                        location=f"pool/{key}",
                        recommends=(fixed.choice(("p1", "p2 | p3")),) if fixed.random() < 0.3 else (),
                        arch=fixed.choice(("", "amd64")),
                        essential=key == "p3-1",
                    )
                )
        out.append(PackageRecord("foreign", "1", "m68k"))
    return out


@pytest.mark.parametrize("seed", range(80))
def test_unchanged_stanzas_are_not_read_again(seed: int) -> None:
    before = Stanzas(suites(universe(seed, 25), seed))
    after = Stanzas(suites(changed(universe(seed, 25), seed), seed))
    if seed % 4 == 0:  # the lists come in another order, or one of them twice
        after.records = after.records[len(after.records) // 2 :] + after.records
    earlier = Index(built(before, None)[0])
    whole = built(after, None)[0]
    after.read = 0
    beside, _ = built(after, earlier)
    assert beside == whole
    assert after.read < len(after.records)
    third, _ = built(before, Index(beside))
    assert third == built(before, None)[0]


def test_when_nothing_changed_only_foreign_stanzas_are_read() -> None:
    stanzas = Stanzas(suites(universe(5), 5))
    data, _ = built(stanzas, None)
    stanzas.read = 0
    assert built(stanzas, Index(data)) == (data, 0)
    assert stanzas.read == 3


def test_a_stanza_with_a_flag_stops_the_reuse_of_clauses_only() -> None:
    records = suites(universe(6), 6)
    earlier = Index(built(Stanzas(records), None)[0])
    after = Stanzas([*records, PackageRecord("p1", "9", "", flags=("+x",)), PackageRecord("q", "1", "", ("p1[+x]",))])
    whole, _ = built(after, None)
    after.read = 0
    assert built(after, earlier)[0] == whole
    assert after.read == 5


def test_a_list_may_become_empty_and_full_again() -> None:
    full, empty = Stanzas(suites(universe(7), 7)), Stanzas([])
    one, none = built(full, None)[0], built(empty, None)[0]
    assert built(empty, Index(one))[0] == none
    assert built(full, Index(none))[0] == one
