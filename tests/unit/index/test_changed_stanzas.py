"""From a list of Debian to its index and the next: only changed stanzas are read."""

import io
import random

import pytest

from nipsys.app.sync.state import _RecordLists
from nipsys.index import Index, write_index
from nipsys.model.package.record import PackageRecord, Snapshot, SourceRecords
from nipsys.sources.debian.dialect import DebianDialect
from nipsys.sources.debian.packages import PackageList


def stanza(name: str, version: str, chance: random.Random) -> str:
    needs = ", ".join(f"p{chance.randint(0, 39)} (>= {chance.randint(1, 3)})" for _ in range(chance.randint(1, 4)))
    lines = [
        f"Package: {name}",
        f"Version: {version}",
        "Architecture: amd64",
        f"Depends: {needs}",
        f"Filename: pool/{name}.deb",
        "Size: 10",
    ]
    lines += [
        f"SHA256: {chance.randrange(1 << 255):064x}",
        f"Priority: {chance.choice(('optional', 'required'))}",
        f"Description: is {name}",
    ]
    lines += [f"Provides: v{chance.randint(0, 5)} (= {version})"] if chance.random() < 0.3 else []
    return "\n".join(lines)


def suite(seed: int, changed: int = 0) -> str:
    texts = [stanza(f"p{number}", "2", random.Random(number + 1000 * seed)) for number in range(40)]
    for number in random.Random(seed).sample(range(40), changed):
        texts[number] = stanza(f"p{number}", "3", random.Random(number + 7))
    return "\n\n".join(texts) + "\n\n"


class Reading:
    """Counts the stanzas that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        original = PackageList.read

        def read(packages: PackageList, raw: bytes) -> PackageRecord | None:
            self.count += 1
            return original(packages, raw)

        monkeypatch.setattr(PackageList, "read", read)


def index_of(*suites: str, earlier: bytes | None = None) -> bytes:
    lists = [PackageList(io.BytesIO(text.encode()), "amd64", f"s{place}") for place, text in enumerate(suites)]
    file = io.BytesIO()
    records = _RecordLists(lambda: iter([(), *lists]))
    write_index(SourceRecords(Snapshot("debian", "sha256:0"), DebianDialect("amd64"), records), file, Index(earlier) if earlier else None)
    return file.getvalue()


@pytest.mark.parametrize("seed", range(12))
def test_a_changed_stanza_is_the_only_one_read(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first = index_of(suite(seed))
    after = suite(seed, changed=3)
    whole = index_of(after)
    reading = Reading(monkeypatch)
    assert index_of(after, earlier=first) == whole
    assert reading.count == 3


@pytest.mark.parametrize("seed", range(12))
def test_several_lists_may_share_records(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (suite(seed), suite(seed), suite(seed, changed=5))
    after = (suite(seed, changed=2), suite(seed), suite(seed, changed=5))
    first, whole = index_of(*before), index_of(*after)
    reading = Reading(monkeypatch)
    assert index_of(*after, earlier=first) == whole
    assert 2 <= reading.count <= 12
    assert index_of(*before, earlier=whole) == first


def test_a_stamp_depends_on_suite_and_architecture() -> None:
    def stamps(arch: str, name: str) -> list[bytes]:
        return [stamp for stamp, _, _ in PackageList(io.BytesIO(suite(1).encode()), arch, name).stanzas()]

    assert stamps("amd64", "sid") == stamps("amd64", "sid")
    assert len({*stamps("amd64", "sid"), *stamps("arm64", "sid"), *stamps("amd64", "trixie")}) == 120
