"""A sync of a Debian suite: pockets, signatures, and what a mirror may leave out."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from debian_maker import Deb, Repository, Signer, need_tools

from nipsys.app.sync.indexes import sync
from nipsys.app.sync.state import SyncResult
from nipsys.effects.web.fake import MemoryTransport, VirtualTimer
from nipsys.effects.web.fetcher import Fetcher, FetchPolicy
from nipsys.model.event import Event, Warned
from nipsys.model.host import HostFacts
from nipsys.model.package.record import PackageRecord
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.debian.source import Debian, open_source

BASE = "https://m.example"
NOW = "2026-11-21T00:00:00Z"
STANZA = f"Package: thing\nVersion: 1\nArchitecture: amd64\nFilename: thing.deb\nSize: 1\nSHA256: {'a' * 64}\n\n"


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    need_tools()
    key = Signer(tmp_path_factory.mktemp("key"))
    yield key
    key.close()


class Mirror:
    """A repository served from memory, and what a sync of it says."""

    def __init__(self, where: Path, signer: Signer) -> None:
        self.repository = Repository(where / "mirror", signer)
        self.indexes = str(where / "indexes")
        self.events: list[Event] = []

    def source(self, **settings: object) -> Debian:
        given = {"suite": "test", "mirror": BASE, "keyring": str(self.repository.signer.keyring), **settings}
        return open_source(SourceSpec("w", "debian", settings=tuple(sorted(given.items()))), HostFacts(), NOW)

    def sync(self, **settings: object) -> tuple[SyncResult, list[PackageRecord]]:
        answers = {f"{BASE}/{path}": content for path, content in self.repository.files().items()}
        web = Fetcher(MemoryTransport(answers), FetchPolicy(attempts=1), pace=VirtualTimer())
        (synced,) = sync([self.source(**settings)], web, self.indexes, self.events.append)
        drawn = list(synced.to_batch().records)
        synced.commit()
        return synced, drawn

    def code(self, **settings: object) -> str:
        with pytest.raises(Rejected) as caught:
            self.sync(**settings)
        return caught.value.problems[0].code


@pytest.fixture
def mirror(tmp_path: Path, signer: Signer) -> Mirror:
    made = Mirror(tmp_path, signer)
    made.repository.publish("test", [Deb("a", "1")])
    return made


def test_a_missing_security_pocket_is_reported(mirror: Mirror) -> None:
    mirror.sync()
    assert [event.message for event in mirror.events if isinstance(event, Warned)] == [
        "w: the mirror has no `test-security`: security fixes come only with the suite itself"
    ]


def test_a_security_pocket_that_vanishes_is_refused(mirror: Mirror) -> None:
    mirror.repository.publish("test-security", [Deb("a", "2")])
    _, drawn = mirror.sync()
    assert {record.version for record in drawn} == {"1", "2"}
    for path in (mirror.repository.root / "dists/test-security").glob("*Release*"):
        path.unlink()
    assert mirror.code() == "vanished"
    assert mirror.sync(pockets="updates")[1][0].version == "1"


def test_a_security_pocket_may_change_how_it_is_signed(mirror: Mirror) -> None:
    mirror.repository.publish("test-security", [Deb("a", "2")])
    mirror.sync()
    mirror.repository.publish("test-security", [Deb("a", "3")], date="2026-11-20T21:00:00Z", inline=False)
    assert {record.version for record in mirror.sync()[1]} == {"1", "3"}


def test_one_changed_pocket_leaves_the_other_lists_alone(mirror: Mirror) -> None:
    mirror.repository.publish("test-security", [Deb("a", "2")])
    first, _ = mirror.sync()
    mirror.repository.publish("test-security", [Deb("a", "3")], date="2026-11-20T21:00:00Z")
    for path in (mirror.repository.root / "dists/test/main").rglob("Packages*"):
        path.unlink()  # nobody may ask for it again
    for path in (mirror.repository.root / "dists/test/main").rglob("by-hash/*/*"):
        path.unlink()
    second, drawn = mirror.sync()
    assert second.changed
    assert second.snapshot.digest != first.snapshot.digest
    assert {record.version for record in drawn} == {"1", "3"}


def test_an_unsigned_suite_is_accepted_if_configured(mirror: Mirror) -> None:
    (mirror.repository.root / "dists/test/InRelease").unlink()
    (mirror.repository.root / "dists/test/Release.gpg").unlink()
    assert mirror.code() == "bad-signature"
    assert mirror.sync(signatures="none", keyring="")[1][0].name == "a"


def test_a_signed_but_invalid_list_is_refused(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debian_maker._joined", lambda stanzas: b"Package: a\nVersion: 1\nArchitecture: amd64\n")
    mirror.repository.publish("test", [Deb("a", "1")])
    assert mirror.code() == "bad-index"


@pytest.mark.parametrize("end", [".gz", ".xz"])
def test_a_list_truncated_before_it_was_signed_is_refused(mirror: Mirror, end: str) -> None:
    packed = gzip.compress(STANZA.encode() * 500)[:-20] if end == ".gz" else b"\xfd7zXZ\x00nonsense"
    page = mirror.source().read(Resource(f"packages:test|main/Packages{end}", (f"{BASE}/x",), 9), io.BytesIO(packed))
    with pytest.raises(Rejected) as caught:
        list(page.records)
    assert caught.value.problems[0].code == "bad-index"
    assert f"{BASE}/x" in caught.value.problems[0].message


def test_packages_are_fetched_from_their_own_mirror_first(mirror: Mirror) -> None:
    source = mirror.source(mirror="https://m.example/debian", security="https://s.example")
    locked = LockedPackage(
        "w", "a", "2", location="pool/main/a_2:1~x+y#z.deb", size=5, digest="sha256:" + "0" * 64, facts=(("suite", "test-security"),)
    )
    urls = source.artifact(locked).urls
    assert urls == ("https://m.example/debian/pool/main/a_2:1~x+y%23z.deb", "https://s.example/pool/main/a_2:1~x+y%23z.deb")


def test_unknown_components_are_named(mirror: Mirror) -> None:
    assert mirror.code(components="main extra") == "unknown-component"


def test_lists_are_fetched_by_their_digest(mirror: Mirror) -> None:
    """So that a mirror which changes meanwhile does not mix an old Release file and new lists."""
    for path in (mirror.repository.root / "dists/test/main").rglob("Packages*"):
        path.write_bytes(b"the next version of this list")
    assert [record.name for record in mirror.sync()[1]] == ["a"]
