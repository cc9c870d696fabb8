"""What the Debian source makes of bytes: clauses, stanzas, Release files, and what a mirror may leave out."""

import gzip
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SUPPORT = str(Path(__file__).parents[2] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from debian_maker import Deb, Repository, Signer, need_tools  # noqa: E402

from nipsys.app.sync.indexes import sync  # noqa: E402
from nipsys.app.sync.state import SyncResult  # noqa: E402
from nipsys.effects.web.fake import MemoryTransport, VirtualTimer  # noqa: E402
from nipsys.effects.web.fetcher import Fetcher, FetchPolicy  # noqa: E402
from nipsys.model.event import Event, Warned  # noqa: E402
from nipsys.model.host import HostFacts  # noqa: E402
from nipsys.model.package.record import Atom, PackageRecord, Provide  # noqa: E402
from nipsys.model.package.resource import Resource  # noqa: E402
from nipsys.model.problem import Rejected  # noqa: E402
from nipsys.model.system.lock import LockedPackage  # noqa: E402
from nipsys.model.system.profile import SourceSpec  # noqa: E402
from nipsys.sources.debian.dialect import DebianDialect  # noqa: E402
from nipsys.sources.debian.packages import read_packages, split_stanzas  # noqa: E402
from nipsys.sources.debian.release import read_release  # noqa: E402
from nipsys.sources.debian.source import Debian, open_  # noqa: E402

BASE = "https://m.example"
NOW = "2026-11-21T00:00:00Z"
STANZA = f"""Package: thing
Source: thing-src (1.0-1)
Version: 1:1.0-1+b1
Architecture: amd64
Essential: yes
Pre-Depends: libc6 (>= 2.36)
Depends: a | b (<< 2),
 c:any,
 d [amd64]
Recommends: e
Provides: f (= 1), g
Conflicts: h
Breaks: i (<= 3)
Filename: ./pool/t/thing.deb
Size: 123
SHA256: {"a" * 64}
Section: utils
Homepage: https://thing.example
Description: does things: well
 and more
 Package: not-this-one
"""


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("libc6", (Atom("libc6"),)),
        ("libc6 (>= 2.36)", (Atom("libc6", ">=", "2.36"),)),
        ("a (<< 1) | b(>> 2)|c (= 3~)", (Atom("a", "<", "1"), Atom("b", ">", "2"), Atom("c", "=", "3~"))),
        ("a (< 1) | b (> 2)", (Atom("a", "<=", "1"), Atom("b", ">=", "2"))),
        ("python3:any (>= 3.5~)", (Atom("python3", ">=", "3.5~"),)),
        ("gcc:native | make:amd64", (Atom("gcc"), Atom("make"))),
        ("wine32:i386", (Atom("wine32:i386", arch="i386"),)),
        ("lib [amd64 i386] <!nocheck> <cross>", (Atom("lib"),)),
    ],
)
def test_debian_dependencies_are_read(text: str, atoms: tuple[Atom, ...]) -> None:
    assert DebianDialect("amd64").parse_clause(text) == atoms


@pytest.mark.parametrize("text", ["", "a | ", "a (~ 1)", "a (>= )", "a b", "(= 1)", "a, b"])
def test_an_invalid_clause_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a Debian dependency"):
        DebianDialect("amd64").parse_clause(text)


def test_provides_and_matching() -> None:
    dialect = DebianDialect("amd64")
    assert dialect.parse_provide("api (= 1:2)") == Provide("api", "1:2")
    assert dialect.parse_provide("api") == Provide("api")
    with pytest.raises(ValueError, match="Provides"):
        dialect.parse_provide("api (>= 2)")
    assert dialect.matches(Atom("api"), "")
    assert not dialect.matches(Atom("api", ">=", "0"), "")
    assert dialect.matches(Atom("api", ">=", "1.0~rc1"), "1.0")
    assert not dialect.matches(Atom("api", "<", "1.0~rc1"), "1.0")


def records(text: str, arch: str = "amd64") -> list[PackageRecord]:
    return list(read_packages(io.BytesIO(text.encode()), arch, "test"))


def test_a_stanza_becomes_a_record() -> None:
    (record,) = records(STANZA)
    assert (record.name, record.version, record.arch) == ("thing", "1:1.0-1+b1", "amd64")
    assert record.depends == ("libc6 (>= 2.36)", "a | b (<< 2)", "c:any", "d [amd64]")
    assert (record.recommends, record.provides, record.conflicts) == (("e",), ("f (= 1)", "g"), ("h", "i (<= 3)"))
    assert (record.location, record.size, record.digest) == ("pool/t/thing.deb", 123, "sha256:" + "a" * 64)
    assert record.essential
    assert record.summary == "does things: well"
    assert dict(record.facts) == {
        "homepage": "https://thing.example",
        "section": "utils",
        "source": "thing-src (1.0-1)",
        "suite": "test",
    }


def test_packages_of_other_machines_are_left_out() -> None:
    everywhere = STANZA.replace("Architecture: amd64", "Architecture: all")
    assert records(everywhere)[0].arch == ""
    assert records(STANZA, "arm64") == []
    assert len(records(everywhere, "arm64")) == 1


@pytest.mark.parametrize("field", ["Version", "Size", "SHA256", "Filename"])
def test_a_stanza_that_lacks_something_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="thing"):
        records("\n".join(line for line in STANZA.splitlines() if not line.startswith(field)))


def test_a_stanza_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without `Package`"):
        records("Version: 1\n")


class Trickle(io.BytesIO):
    """Gives a few bytes at a time, so that stanzas fall across every border."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7)


def test_stanzas_across_blocks() -> None:
    text = "\n\n".join([STANZA.strip()] * 5).encode() + b"\n\n\n"
    assert [stanza.strip() for stanza in split_stanzas(Trickle(text)) if stanza.strip()] == [STANZA.strip().encode()] * 5


def test_a_stanza_that_does_not_end_is_refused() -> None:
    with pytest.raises(ValueError, match="4 MiB"):
        list(split_stanzas(io.BytesIO(b"Package: x\n" + b" y\n" * (2 << 20))))


@pytest.mark.parametrize(
    ("date", "read"),
    [
        ("Fri, 20 Nov 2026 20:00:00 UTC", "2026-11-20T20:00:00Z"),
        ("Sun,  1 Feb 2026  1:02:03 +0000", "2026-02-01T01:02:03Z"),
        ("20 Nov 2026 20:00:00 GMT", "2026-11-20T20:00:00Z"),
    ],
)
def test_dates_of_a_release_file_are_read(date: str, read: str) -> None:
    assert read_release(f"Date: {date}\nSHA256:\n {'0' * 64} 1 x\n").date == read


@pytest.mark.parametrize("text", ["", "Suite: x\n", "Date: yesterday\nSHA256:\n " + "0" * 64 + " 1 x\n", "SHA256:\n short 1 x\n"])
def test_an_invalid_release_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_release(text)


def test_sha512_serves_where_there_is_no_sha256() -> None:
    assert read_release(f"SHA512:\n {'0' * 128} 1 x\n").files["x"].digest == "sha512:" + "0" * 128


# a mirror in memory


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
        return open_(SourceSpec("w", "debian", settings=tuple(sorted(given.items()))), HostFacts(), NOW)

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


def test_a_missing_security_pocket_is_said(mirror: Mirror) -> None:
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


def test_unsigned_is_taken_when_it_is_said(mirror: Mirror) -> None:
    (mirror.repository.root / "dists/test/InRelease").unlink()
    (mirror.repository.root / "dists/test/Release.gpg").unlink()
    assert mirror.code() == "bad-signature"
    assert mirror.sync(signatures="none", keyring="")[1][0].name == "a"


def test_a_broken_list_under_a_good_signature(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debian_maker._joined", lambda stanzas: b"Package: a\nVersion: 1\nArchitecture: amd64\n")
    mirror.repository.publish("test", [Deb("a", "1")])
    assert mirror.code() == "bad-list"


@pytest.mark.parametrize("end", [".gz", ".xz"])
def test_a_list_cut_off_before_it_was_signed(mirror: Mirror, end: str) -> None:
    packed = gzip.compress(STANZA.encode() * 50)[:-20] if end == ".gz" else b"\xfd7zXZ\x00nonsense"
    page = mirror.source().read(Resource(f"packages:test|main/Packages{end}", (f"{BASE}/x",), 9), io.BytesIO(packed))
    with pytest.raises(Rejected) as caught:
        list(page.records)
    assert caught.value.problems[0].code == "bad-list"
    assert f"{BASE}/x" in caught.value.problems[0].message


def test_packages_are_fetched_from_their_own_part_first(mirror: Mirror) -> None:
    source = mirror.source(mirror="https://m.example/debian", security="https://s.example")
    locked = LockedPackage(
        "w", "a", "2", location="pool/main/a_2:1~x+y#z.deb", size=5, digest="sha256:" + "0" * 64, facts=(("suite", "test-security"),)
    )
    urls = source.artifact(locked).urls
    assert urls == ("https://m.example/debian/pool/main/a_2:1~x+y%23z.deb", "https://s.example/pool/main/a_2:1~x+y%23z.deb")


def test_unknown_components_are_named(mirror: Mirror) -> None:
    assert mirror.code(components="main extra") == "unknown-component"
