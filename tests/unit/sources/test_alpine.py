"""Alpine's indexes, dependencies and settings, without any tool."""

import base64
import gzip
import io
import tarfile

import pytest

from nipsys.model.host import HostFacts
from nipsys.model.package.record import Atom, PackageRecord, Provide
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.alpine.dialect import AlpineDialect
from nipsys.sources.alpine.index import find_signer, read_checksum, read_index, read_pkginfo, split_signed
from nipsys.sources.alpine.source import Alpine, open_source
from nipsys.sources.common.signatures import read_key

CHECKSUM = "Q1" + base64.b64encode(bytes(range(20))).decode()
ENTRY = f"C:{CHECKSUM}\nP:hello\nV:1.0-r0\nA:x86_64\nS:9\nt:1700000000\nD:so:libz.so.1 musl>=1.2 !bye<2\np:cmd:hello=1.0-r0 greeter\ni:docs\nk:100\no:hi"
NOW = "2023-11-25T00:00:00Z"


def tar(text: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("APKINDEX")
        info.size = len(text.encode())
        archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def opened(host: HostFacts | None = None, **settings: str) -> Alpine:
    pairs = tuple(sorted((key.replace("_", "-"), value) for key, value in settings.items()))
    return open_source(SourceSpec("alpine", "alpine", settings=pairs), host or HostFacts(), NOW)


def test_an_entry_becomes_a_record() -> None:
    (record,) = read_index(tar(f"{ENTRY}\n\n"), "v1/main", "x86_64").records
    assert record.depends == ("so:libz.so.1", "musl>=1.2")
    assert record.conflicts == ("bye<2",)
    assert record.provides == ("cmd:hello=1.0-r0", "greeter")
    assert record.location == "v1/main/x86_64/hello-1.0-r0.apk"
    assert record.digest == "sha1:" + bytes(range(20)).hex()
    assert dict(record.facts) == {
        "date": "2023-11-14T22:13:20Z",
        "install-if": "docs",
        "libc": "musl",
        "priority": "required",
        "source": "hi",
        "suite": "v1/main",
    }


def test_a_package_for_every_architecture_is_in_the_same_directory() -> None:
    listed = tar("\n\n".join((ENTRY.replace("A:x86_64", "A:noarch"), ENTRY.replace("A:x86_64", "A:aarch64"))))
    (record,) = read_index(listed, "", "x86_64").records
    assert (record.arch, record.location) == ("", "x86_64/hello-1.0-r0.apk")


@pytest.mark.parametrize(
    "change",
    [
        ("S:9", "S:many"),
        ("V:1.0-r0", "V:"),
        ("P:hello", "P:../hello"),
        ("P:hello", "P:.hello"),
        (CHECKSUM, "Q1AAAA"),
        (f"C:{CHECKSUM}\n", ""),
    ],
)
def test_a_broken_entry_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_index(tar(ENTRY.replace(*change)), "main", "x86_64")


def test_checksums_are_of_two_kinds() -> None:
    assert read_checksum("Q2" + base64.b64encode(bytes(32)).decode()) == "sha256:" + "0" * 64
    for wrong in ("", "Q1", "Q3" + CHECKSUM[2:], "Q2" + CHECKSUM[2:], "Q1!!!"):
        with pytest.raises(ValueError, match="not an apk checksum"):
            read_checksum(wrong)


@pytest.mark.parametrize(
    ("text", "atom"),
    [
        ("a", Atom("a")), ("a>=1.2-r0", Atom("a", ">=", "1.2-r0")), ("a=1", Atom("a", "=", "1")), ("a<2", Atom("a", "<", "2")), ("a~1.2", Atom("a", "in", "~1.2")),
        ("a~=1.2", Atom("a", "in", "~1.2")), ("a@edge>1", Atom("a", ">", "1")), ("!a<1", Atom("a", "<", "1")), ("pc:gtk+-3.0>=3", Atom("pc:gtk+-3.0", ">=", "3")),
        ("so:libstdc++.so.6", Atom("so:libstdc++.so.6")), ("/bin/sh", Atom("/bin/sh")), ("py3.12:requests~2", Atom("py3.12:requests", "in", "~2")),
        ("a<~1.2", Atom("a", "in", "<~1.2")), ("a>~=1.2", Atom("a", "in", ">~1.2")), ("a=~1.2", Atom("a", "in", "~1.2")), ("a~1.2~0abc", Atom("a", "in", "~1.2~0abc")), ("a=1.2~0abc-r0", Atom("a", "=", "1.2~0abc-r0")),
    ],
)  # fmt: skip
def test_every_form_of_a_dependency_is_read(text: str, atom: Atom) -> None:
    assert AlpineDialect().parse_clause(text) == (atom,)


def test_a_provided_version_may_carry_a_hash() -> None:
    assert AlpineDialect().parse_provide("cmd:a=1.2~0abc-r0") == Provide("cmd:a", "1.2~0abc-r0")


def test_an_unversioned_provide_satisfies_no_versioned_dependency() -> None:
    dialect = AlpineDialect()
    assert dialect.matches(Atom("a"), "")
    assert not dialect.matches(Atom("a", ">=", "1"), "")
    assert not dialect.matches(Atom("a", "in", "~1"), "")
    assert dialect.matches(Atom("a", "in", "~1.2"), "1.2.9-r1")
    assert not dialect.matches(Atom("a", ">=", "1"), "not a version")


@pytest.mark.parametrize(
    ("text", "fits", "not_fits"),
    [
        ("a<~3.6", "3.5 3.6 3.6.9-r1 3.6_pre1", "3.7 3.60"),
        ("a>~3.6", "3.7 3.6 3.6.9 3.6_pre1 3.60", "3.5"),
        ("a~3.6", "3.6 3.6.9 3.6_pre1", "3.5 3.7 3.60"),
    ],
)
def test_a_tilde_matches_versions_by_prefix(text: str, fits: str, not_fits: str) -> None:
    (atom,) = AlpineDialect().parse_clause(text)
    assert [version for version in fits.split() if not AlpineDialect().matches(atom, version)] == []
    assert [version for version in not_fits.split() if AlpineDialect().matches(atom, version)] == []


def test_only_a_known_key_is_accepted() -> None:
    text = gzip.compress(tar(ENTRY))
    signatures, signed, plain = split_signed(text, "index")
    assert (signatures, signed, plain) == ((), text, tar(ENTRY))
    assert find_signer(signatures, signed, {}) is None
    for wrong in (b"ADBdxxxx", b"<html>", text[:-6], b""):
        with pytest.raises(ValueError, match=r"."):
            split_signed(wrong, "index")


@pytest.mark.parametrize("text", ["", "AAAA", "!!!!", base64.b64encode(bytes.fromhex("3003020101")).decode()])
def test_an_invalid_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a public key"):
        read_key(text)


def test_invalid_settings_are_reported_together() -> None:
    with pytest.raises(Rejected) as caught:
        opened(HostFacts(arch="vax"), mirror="gopher://x", signatures="some", min_age="soon", colour="red")
    assert sorted(problem.code for problem in caught.value.problems) == [
        "bad-address",
        "bad-setting",
        "bad-setting",
        "unknown-arch",
        "unknown-setting",
    ]
    with pytest.raises(Rejected, match="no mirror is known"):
        opened(signatures="none")


def test_addresses_consist_of_mirror_branch_and_repository() -> None:
    source = opened(mirror="https://x.example https://y.example/", branch="edge", repos="main testing", signatures="none")
    assert [resource.urls for resource in source.ask()] == [
        ("https://x.example/edge/main/x86_64/APKINDEX.tar.gz", "https://y.example/edge/main/x86_64/APKINDEX.tar.gz"),
        ("https://x.example/edge/testing/x86_64/APKINDEX.tar.gz", "https://y.example/edge/testing/x86_64/APKINDEX.tar.gz"),
    ]
    flat = opened(HostFacts(arch="i686"), mirror="https://x.example", signatures="none")
    assert [resource.urls for resource in flat.ask()] == [("https://x.example/x86/APKINDEX.tar.gz",)]
    host = HostFacts(
        config_files=(
            (
                "/etc/apk/repositories",
                "#http://off/v1/main\nhttps://z.example/alpine/v3.20/main\n@edge https://no.example/edge/main\n/media/cd/apks\n",
            ),
        )
    )
    own = opened(host, branch="v3.22", signatures="none")
    assert own.ask()[0].urls == ("https://z.example/alpine/v3.22/main/x86_64/APKINDEX.tar.gz",)


def test_the_host_s_branch_and_repositories_are_used_unless_the_profile_names_others() -> None:
    lines = "https://z.example/alpine/v3.20/main\nhttps://z.example/alpine/v3.20/community/\nhttps://y.example/edge/main # mirror\nhttps://short.example/main\n"
    host = HostFacts(config_files=(("/etc/apk/repositories", lines),))

    def places(**settings: object) -> list[str]:
        return [resource.urls[0] for resource in opened(host, signatures="none", **settings).ask()]

    base, index = "https://z.example/alpine", "x86_64/APKINDEX.tar.gz"
    assert places() == [f"{base}/{place}/{index}" for place in ("v3.20/main", "v3.20/community", "edge/main")]
    assert places(repos="community") == [f"{base}/v3.20/community/{index}"]
    assert places(branch="edge") == [f"{base}/edge/{place}/{index}" for place in ("main", "community")]
    assert places(mirror="https://own.example") == [f"https://own.example/{index}"]
    assert [resource.urls for resource in opened(host, signatures="none", repos="main").ask()][1] == (
        f"{base}/edge/main/{index}",
        f"https://y.example/edge/main/{index}",
    )
    with pytest.raises(Rejected, match="the host has no repository `testing`"):
        opened(host, signatures="none", repos="testing")


def test_young_packages_are_left_out() -> None:
    source = opened(mirror="https://x.example", signatures="none", min_age="14d")
    page = source.read(source.ask()[0], io.BytesIO(gzip.compress(tar(ENTRY))))
    assert list(page.records) == []
    assert any("1 packages" in warning for warning in page.warnings)


def test_an_artifact_is_checked_by_its_control_member() -> None:
    record = PackageRecord("a", "1-r0", "", location="main/x86_64/a-1-r0.apk", size=7, digest="sha1:" + "0" * 40, format="apk")
    source = opened(mirror="https://x.example", signatures="none")
    assert source.artifact(record).digest is None
    assert dict(source.container(record).settings) == {"control": "sha1:" + "0" * 40, "name": "a", "version": "1-r0"}


def test_package_information_keeps_repeated_keys() -> None:
    assert read_pkginfo("# by a test\npkgname = a\ndepend = b\ndepend = c\n") == {"pkgname": ("a",), "depend": ("b", "c")}
