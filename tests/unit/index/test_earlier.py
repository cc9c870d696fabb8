"""An index built beside an earlier one has exactly the bytes it would have had without."""

import io
import random

import pytest
from toy_world import ToyDialect, index_bytes

from nipsys.index import Index, build
from nipsys.index.earlier import Earlier
from nipsys.model.record import Batch, Clause, Record, Snapshot


class Counting(ToyDialect):
    """Counts how many texts are read."""

    def __init__(self) -> None:
        self.read = 0

    def clause(self, text: str) -> Clause:
        self.read += 1
        return super().clause(text)


def universe(seed: int, most: int = 60) -> dict[str, Record]:
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
            found[f"{name}-{version}"] = Record(name, str(version), "", needs, provides=provides, refuses=refuses)
    return found


def changed(records: dict[str, Record], seed: int) -> dict[str, Record]:
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
                after[key] = after[key]._replace(needs=("new-name", "p1"))
            case _:
                after["new-name"] = Record("new-name", "1", "", ("p3 | p4",))
    return after


def built(records: dict[str, Record], earlier: Index | None) -> tuple[bytes, int]:
    file, dialect = io.BytesIO(), Counting()
    build(Batch(Snapshot("toy", "sha256:00", "2026-01-01T00:00:00Z"), dialect, records.values()), file, earlier)
    return file.getvalue(), dialect.read


@pytest.mark.parametrize("seed", range(60))
def test_the_bytes_are_the_same(seed: int) -> None:
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


def test_another_machine_or_variants_take_nothing_over() -> None:
    records = universe(2)
    earlier = Index(built(records, None)[0])
    other = {key: record._replace(arch="amd64") for key, record in records.items()}
    assert built(other, earlier) == built(other, None)
    flagged = {key: record._replace(flags=("+x",)) for key, record in records.items()}
    assert built(flagged, earlier) == built(flagged, None)


def test_a_clause_that_could_mean_something_else_is_not_found() -> None:
    index = Index(index_bytes([Record("a", "1", "", ("b", "gone", "v")), Record("b", "1", ""), Record("c", "1", "", provides=("v",))]))
    from nipsys.index.clauses import Names

    names = ["a", "b", "c", "gone"]
    earlier = Earlier(index, Names(names), ["1"] * 4, [""] * 4)
    earlier.seal({"v": [(3, 2, "")]})
    found = earlier.find("b")
    assert found is not None
    assert (list(found[0]), found[1]) == ([1], ["b"])
    found = earlier.find("v")
    assert found is not None
    assert list(found[0]) == [2]
    assert earlier.find("gone") is None
    assert earlier.find("never seen") is None
