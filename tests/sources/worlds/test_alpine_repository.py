"""Alpine packages and indexes written by the format's description: read, fetched, unpacked, and every lie about them refused."""

import gzip
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from alpine_maker import Package, Repository, Signer, build, cut, index, publish
from grafting import merged, named, opened, records, stored

from nipsys.app.sync.indexes import sync_names
from nipsys.effects.web.fetcher import Fetcher
from nipsys.model.host import HostFacts
from nipsys.model.problem import Rejected
from nipsys.sources.common.signatures import read_key

pytestmark = pytest.mark.xdist_group("worlds")
"""The repositories are made once, by one process."""


@pytest.fixture
def copied(alpine: Repository, tmp_path: Path) -> Repository:
    """Return a copy of the repository that a test may spoil."""
    shutil.copytree(alpine.path, tmp_path / "mirror")
    return Repository(tmp_path / "mirror", alpine.signer, alpine.stranger)


def test_both_indexes_are_read(alpine: Repository, tmp_path: Path) -> None:
    source = opened("alpine", mirror=alpine.mirror, branch="v1", keyring=str(alpine.signer.public))
    found = records(source, tmp_path)
    assert sorted((one.name, one.version, one.arch) for one in found) == [
        ("docs", "0.2-r0", ""), ("hello", "1.0.0-r3", "x86_64"), ("hello-doc", "1.0.0-r3", ""), ("libgreet", "2.1_rc2-r0", "x86_64"), ("musl", "1.2.3-r5", "x86_64"),
    ]  # fmt: skip
    hello, greet = named(found, "hello"), named(found, "libgreet")
    assert hello.depends == ("so:libc.musl-x86_64.so.1", "so:libgreet.so.2", "libgreet~2.1")
    assert hello.provides == ("cmd:hello-alpine=1.0.0-r3", "pc:hello=1.0.0")
    assert greet.conflicts == ("oldgreet<2",)
    assert dict(named(found, "hello-doc").facts)["install-if"] == "docs hello=1.0.0-r3"
    assert named(found, "docs").location == "v1/main/x86_64/docs-0.2-r0.apk"
    control = gzip_members(alpine.path / hello.location)[1]
    assert hello.digest == "sha1:" + hashlib.sha1(control).hexdigest()
    assert dict(hello.facts)["libc"] == "musl"


def gzip_members(path: Path) -> list[bytes]:
    from nipsys.sources.common.archives import split_gzip_members as cut_up

    return [raw for raw, _ in cut_up(path.read_bytes(), 1 << 30)]


def test_clauses_mean_what_apk_means(alpine: Repository) -> None:
    dialect = opened("alpine", mirror=alpine.mirror, signatures="none").dialect
    (fuzzy,) = dialect.parse_clause("libgreet~2.1")
    assert dialect.matches(fuzzy, "2.1_rc2-r0")
    assert not dialect.matches(fuzzy, "2.10-r0")
    (exact,) = dialect.parse_clause("so:libgreet.so.2=2.1")
    assert exact.name == "so:libgreet.so.2"
    assert dialect.matches(exact, "2.1")
    assert not dialect.matches(exact, "")
    assert dialect.parse_clause("!oldgreet<2") == dialect.parse_clause("oldgreet<2")
    assert dialect.parse_provide("greeter") == ("greeter", "")
    with pytest.raises(ValueError, match="not an apk dependency"):
        dialect.parse_clause("hello><Q1xyz=")


def test_what_is_unpacked_is_what_was_packed_and_it_runs(alpine: Repository, tmp_path: Path) -> None:
    source = opened("alpine", mirror=alpine.mirror, branch="v1", keyring=str(alpine.signer.public))
    found = records(source, tmp_path / "indexes")
    trees = {one.name: stored(source, one, tmp_path / "root") for one in found}
    assert merged(trees.values()).keys() >= {
        "usr/bin/hello-alpine",
        "usr/share/hello/ünïcode words",
        "lib/ld-musl-x86_64.so.1",
        "usr/share/doc/hello",
    }
    assert (trees["hello"] / ".package/.post-install").read_text().endswith("rc-update add hello\n")
    assert (trees["hello"] / "usr/share/hello/ünïcode words").read_bytes() == b"words\n"
    ran = subprocess.run(
        [trees["musl"] / "lib/ld-musl-x86_64.so.1", "--library-path", trees["libgreet"] / "usr/lib", trees["hello"] / "usr/bin/hello-alpine"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == "Hello from Alpine\n"


def test_a_key_in_the_profile_and_the_hosts_own_keys_serve(alpine: Repository, tmp_path: Path) -> None:
    body = "".join(line for line in alpine.signer.public.read_text().splitlines() if "---" not in line)
    source = opened("alpine", mirror=alpine.mirror, branch="v1", key=f"{alpine.signer.name}:{body}")
    assert len(records(source, tmp_path / "one")) == 5
    with pytest.raises(Rejected, match="no key is known"):
        opened("alpine", mirror=alpine.mirror, branch="v1")
    host = HostFacts(
        keyrings=("/etc/apk/keys/a.rsa.pub", "/usr/share/keyrings/other.gpg"),
        config_files=(("/etc/apk/repositories", f"{alpine.mirror}/v0/main\n"),),
    )
    own = opened("alpine", host, branch="v1")
    assert [resource.urls for resource in own.ask()] == [("file:///etc/apk/keys/a.rsa.pub",)]


def test_several_keys_are_tried_by_name(alpine: Repository, tmp_path: Path) -> None:
    other = Signer(tmp_path / "third", "third.rsa.pub")
    source = opened("alpine", mirror=alpine.mirror, branch="v1", keyring=f"{other.public} {alpine.signer.public}")
    assert len(records(source, tmp_path / "indexes")) == 5


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95])
def test_an_index_cut_short_is_refused(copied: Repository, tmp_path: Path, keep: float) -> None:
    path = copied.path / "v1/main/x86_64/APKINDEX.tar.gz"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(Rejected, match="cannot be read"):
        records(opened("alpine", mirror=copied.mirror, branch="v1", signatures="none"), tmp_path / "indexes")


def test_unsigned_stranger_and_changed_indexes_are_refused(copied: Repository, tmp_path: Path) -> None:
    path = copied.path / "v1/main/x86_64/APKINDEX.tar.gz"
    _, entry = build(Package("evil", "9-r0"), copied.signer)
    for number, content in enumerate(
        (
            index([entry], None),
            index([entry], copied.stranger),
            index([entry], Signer(tmp_path / "twin")),  # the right name, another key
            gzip_members(path)[0] + index([entry], None),  # a good signature of something else
        )
    ):
        path.write_bytes(content)
        with pytest.raises(Rejected, match="no valid signature"):
            records(opened("alpine", mirror=copied.mirror, branch="v1", keyring=str(copied.signer.public)), tmp_path / str(number))


def test_version_3_is_refused_by_name(copied: Repository, tmp_path: Path) -> None:
    path = copied.path / "v1/main/x86_64/APKINDEX.tar.gz"
    path.write_bytes(b"ADBd" + bytes(100))
    with pytest.raises(Rejected, match="version 3"):
        records(opened("alpine", mirror=copied.mirror, branch="v1", signatures="none"), tmp_path / "one")
    publish(path.parent, [Package("new", "1-r0")], copied.signer)
    source = opened("alpine", mirror=copied.mirror, branch="v1", repos="main", keyring=str(copied.signer.public))
    (record,) = records(source, tmp_path / "two")
    (copied.path / record.location).write_bytes((b"ADBd" + bytes(record.size))[: record.size])
    _refused(source, record, tmp_path / "root", "version 3")


def test_every_byte_of_a_package_is_vouched_for(copied: Repository, tmp_path: Path) -> None:
    """Control by the index, data by the control: a change anywhere but in the package's own signature is refused."""
    source = opened("alpine", mirror=copied.mirror, branch="v1", keyring=str(copied.signer.public))
    record = named(records(source, tmp_path / "indexes"), "hello")
    path = copied.path / record.location
    signature, control, data = gzip_members(path)
    inner = bytearray(gzip.decompress(data))
    inner[inner.index(b"polite=yes")] ^= 1
    swapped = gzip.compress(bytes(inner), mtime=0)
    extra = cut([("usr/bin/evil", b"#!/bin/sh\n", 0o755)])
    for number, lie in enumerate(
        (
            signature + control + swapped,
            signature + control + data + extra,
            signature + control + data[:-9],
            signature + control + extra + data,
            signature + data,
        )
    ):
        path.write_bytes(lie)
        _refused(source, record._replace(size=len(lie)), tmp_path / f"root{number}", "")
    info = gzip.decompress(control).replace(hashlib.sha256(data).hexdigest().encode(), hashlib.sha256(swapped).hexdigest().encode())
    lie = signature + gzip.compress(info, mtime=0) + swapped
    path.write_bytes(lie)
    _refused(source, record._replace(size=len(lie)), tmp_path / "root-last", "control member")
    path.write_bytes(control + data)
    assert stored(source, record._replace(size=len(control + data)), tmp_path / "unsigned").exists()


def test_a_good_package_under_another_name_is_refused(alpine: Repository, tmp_path: Path) -> None:
    source = opened("alpine", mirror=alpine.mirror, branch="v1", keyring=str(alpine.signer.public))
    record = named(records(source, tmp_path / "indexes"), "libgreet")
    _refused(source, record._replace(name="hello"), tmp_path / "root", "is `libgreet`")


def _refused(source: object, record: object, root: Path, why: str) -> None:
    with pytest.raises(Rejected) as caught:
        stored(source, record, root)  # type: ignore[arg-type]
    assert why in str(caught.value)
    assert [path for path in (root / "store").glob("*") if not path.name.startswith(".")] == []


def test_an_older_index_is_refused_once_a_newer_one_was_seen(copied: Repository, tmp_path: Path) -> None:
    source = opened("alpine", mirror=copied.mirror, branch="v1", repos="main", keyring=str(copied.signer.public))
    first = sync_names(source, (), Fetcher(), str(tmp_path / "seen"))
    assert first.snapshot.date == "2023-11-14T22:26:17Z"
    first.commit()
    publish(copied.path / "v1/main/x86_64", [Package("musl", "1.2.2-r0", built=1_600_000_000)], copied.signer)
    with pytest.raises(Rejected, match="older"):
        sync_names(source, (), Fetcher(), str(tmp_path / "seen"))


def test_invalid_keys_are_named(alpine: Repository, tmp_path: Path) -> None:
    (tmp_path / "bad.rsa.pub").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    with pytest.raises(Rejected, match=r"bad\.rsa\.pub"):
        records(opened("alpine", mirror=alpine.mirror, branch="v1", keyring=str(tmp_path / "bad.rsa.pub")), tmp_path / "indexes")
    with pytest.raises(Rejected, match="cannot be read"):
        opened("alpine", mirror=alpine.mirror, branch="v1", key="x.rsa.pub:AAAA")


def test_rsa_agrees_with_a_library(tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    key = read_key(signer.public.read_text())
    for number in range(8):
        message = hashlib.sha512(bytes([number])).digest() * number
        for name, algorithm in (("RSA", "sha1"), ("RSA256", "sha256"), ("RSA512", "sha512")):
            value = signer.sign(message, name)
            assert key.verifies(algorithm, value, message)
            assert not key.verifies(algorithm, value, message + b".")
            assert not key.verifies(algorithm, bytes([value[0] ^ 1]) + value[1:], message)
            assert not key.verifies(algorithm, value[:-1], message)
            assert not key.verifies("sha1" if algorithm != "sha1" else "sha256", value, message)
