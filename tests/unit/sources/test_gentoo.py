"""The gentoo source: the Packages index, dependency strings evaluated as portage does, settings."""

import json
import random
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from debian_maker import Signer, need_tools
from registry_maker import gpkg, tarball

from nipsys.index import write_index
from nipsys.model.host import HostFacts
from nipsys.model.package.record import Atom, PackageRecord, SourceRecords
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.gentoo.dependencies import parse_dependencies
from nipsys.sources.gentoo.dialect import GentooDialect
from nipsys.sources.gentoo.package import ManifestEntry, find_differences, read_manifest
from nipsys.sources.gentoo.source import Gentoo, open_source, read_cache_entry, read_cached_depends, read_packages
from nipsys.sources.port import Page
from nipsys.store.formats.gentoo import read_gpkg as gpkg_members
from nipsys.store.formats.gentoo import read_xpak as xpak_members
from nipsys.store.member import Limits

NOW = "2026-11-20T08:00:00Z"
INDEX = """ARCH: amd64
CHOST: x86_64-pc-linux-gnu
PROFILE: default/linux/amd64/23.0
TIMESTAMP: 1763500000
VERSION: 0

BUILD_ID: 1
CPV: app-misc/hello-2.12-r1
DESC: Says hello
IUSE: +nls doc static-libs
MD5: 11
PATH: app-misc/hello/hello-2.12-r1-1.gpkg.tar
RDEPEND: >=dev-libs/libgreet-2:0/2= nls? ( virtual/libintl ) doc? ( app-text/x ) || ( app-shells/bash[readline] app-shells/dash ) !!<app-misc/hi-3
SHA1: 22
SIZE: 10240
USE: amd64 nls
BUILD_TIME: 1763400000

BUILD_ID: 2
CPV: app-misc/hello-2.12-r1
IUSE: +nls doc static-libs
PATH: app-misc/hello/hello-2.12-r1-2.gpkg.tar
SHA1: 33
SIZE: 10241
USE: amd64 doc
RDEPEND: dev-libs/libgreet

CPV: dev-lang/python-3.12.1
SLOT: 3.12
PATH: dev-lang/python-3.12.1.tbz2
SHA1: 44
SIZE: 5

CPV: dev-libs/other-1
CHOST: aarch64-unknown-linux-gnu
SIZE: 5

CPV: not a package
SIZE: 5

CPV: sys-libs/glibc-2.40
SIZE: 5
SLOT: 2.2
"""


def opened(**settings: str) -> Gentoo:
    given = {"mirror": "https://example.org/binpkgs", "signatures": "none"} | settings
    return open_source(
        SourceSpec("gentoo", "gentoo", 50, tuple(sorted((key.replace("_", "-"), value) for key, value in given.items()))), HostFacts(), NOW
    )


def page_of(text: str, **settings: str) -> Page:
    source = opened(**settings)
    return source.read(source.ask()[0], BytesIO(text.encode()))


def test_the_index_becomes_records() -> None:
    page = page_of(INDEX)
    first, second, python, glibc = page.records
    assert first == PackageRecord(
        "app-misc/hello",
        "2.12-r1-1",
        "x86_64",
        depends=(">=dev-libs/libgreet-2:0/2", "virtual/libintl", "app-shells/bash[readline] || app-shells/dash"),
        provides=("app-misc/hello:0=2.12-r1-1", "app-misc/hello:0/0=2.12-r1-1"),
        conflicts=("<app-misc/hi-3",),
        location="app-misc/hello/hello-2.12-r1-1.gpkg.tar",
        size=10240,
        digest="sha1:22",
        format="gpkg",
        summary="Says hello",
        flags=("-doc", "+nls", "-static-libs"),
        facts=(("build", "1"), ("date", "2025-11-17T17:20:00Z")),
    )
    assert (second.version, second.flags) == ("2.12-r1-2", ("+doc", "-nls", "-static-libs"))
    assert (python.name, python.version, python.format) == ("dev-lang/python:3.12", "3.12.1", "xpak")
    assert python.provides == ("dev-lang/python=3.12.1", "dev-lang/python:3.12/3.12=3.12.1")
    assert (glibc.name, glibc.essential) == ("sys-libs/glibc:2.2", True)
    assert not any(record.essential for record in page_of(INDEX, prefix="/opt/gentoo").records)
    assert page.snapshot
    assert page.snapshot.date == "2025-11-18T21:06:40Z"
    assert page.warnings == ("`not a package` of `gentoo` is left out: `not a package` is not of the form `category/name-version`",)


def test_every_clause_of_a_record_can_be_read_and_indexed() -> None:
    page = page_of(INDEX)
    assert page.snapshot
    built = write_index(SourceRecords(page.snapshot, GentooDialect(), page.records), BytesIO())
    assert built.unreadable == ()
    assert built.candidates == 4
    assert GentooDialect().parse_clause("app-shells/bash[readline] || app-shells/dash") == (
        Atom("app-shells/bash", flags=("+readline",)),
        Atom("app-shells/dash"),
    )


def test_young_builds_are_left_out() -> None:
    assert [record.version for record in page_of(INDEX, snapshot="2025-11-18").records] == ["2.12-r1-1"]
    with pytest.raises(Rejected, match="no packages") as refused:
        page_of(INDEX, snapshot="2025-11-01")
    assert "before 2025-11-01T23:59:59Z" in refused.value.problems[0].notes[0]


def test_an_artifact_is_on_every_mirror_and_its_prefix_is_stripped() -> None:
    source = opened(mirror="https://a.example/ https://b.example", prefix="/opt/gentoo")
    locked = LockedPackage("gentoo", "c/a", "1", format="gpkg", location="c/a/a-1.gpkg.tar", size=3, digest="sha1:00")
    assert source.artifact(locked).urls == ("https://a.example/c/a/a-1.gpkg.tar", "https://b.example/c/a/a-1.gpkg.tar")
    assert source.artifact(locked).limit == 3
    container = source.container(locked)
    assert (container.format, container.strip, source.prefix) == ("gpkg", 2, "/opt/gentoo")


@pytest.mark.parametrize(("text", "code"), [("<html>", "bad-index"), ("", "bad-index"), ("ARCH: arm\nVERSION: 0\n", "no-packages")])
def test_an_invalid_index_is_refused(text: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        page_of(text)
    assert caught.value.problems[0].code == code


def test_invalid_settings_are_reported_together() -> None:
    with pytest.raises(Rejected) as caught:
        opened(mirror="", signatures="required", colour="red")
    assert {problem.code for problem in caught.value.problems} == {"no-keyring", "unknown-setting"}


def test_an_index_is_read_block_by_block() -> None:
    head, blocks = read_packages(INDEX)
    assert head["ARCH"] == "amd64"
    assert len(blocks) == 6


def test_a_metadata_cache_entry_is_read() -> None:
    entry = read_cache_entry("DEFINED_PHASES=-\nEAPI=8\nRDEPEND=ssl? ( dev-libs/openssl:= ) dev-libs/a\nSLOT=0/3\n_md5_=00\n")
    assert read_cached_depends(entry, frozenset({"ssl"})) == ("dev-libs/openssl", "dev-libs/a")
    assert read_cached_depends(entry, frozenset()) == ("dev-libs/a",)
    with pytest.raises(ValueError, match="not an entry"):
        read_cache_entry("something else")


@pytest.mark.parametrize("text", ["( c/a", "c/a )", "|| c/a", "x? c/a", "|| ( " + "( c/a c/b ) " * 12 + ")", "c/a[x"])
def test_invalid_strings_are_reported_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"group|clauses|atom"):
        parse_dependencies(text, frozenset())


def spell(draw: random.Random, depth: int) -> str:
    words = []
    for _ in range(draw.randint(1, 3)):
        kind = draw.random() if depth else 0.0
        if kind < 0.5:
            words.append(f"c/{draw.choice('abcdef')}")
        else:
            head = draw.choice(["||", "", "x?", "!x?", "y?"])
            words.append(f"{head} ( {spell(draw, depth - 1)} )")
    return " ".join(words)


def test_clauses_are_evaluated_as_portage_evaluates_them(portage_python: str) -> None:
    draw = random.Random(4)
    cases = [(spell(draw, 3), draw.choice([[], ["x"], ["y"], ["x", "y"]])) for _ in range(5_000)]
    script = "import json, sys\nfrom portage.dep import use_reduce\n"
    script += "json.dump([use_reduce(text, uselist=on, opconvert=True) for text, on in json.load(sys.stdin)], sys.stdout)"
    done = subprocess.run([portage_python, "-c", script], input=json.dumps(cases), capture_output=True, text=True, check=True)

    def holds(tree: object, have: set[str]) -> bool:
        if isinstance(tree, str):
            return tree in have
        assert isinstance(tree, list)
        if tree and tree[0] == "||":
            return any(holds(part, have) for part in tree[1:])
        return all(holds(part, have) for part in tree)

    seen = set()
    for (text, on), tree in zip(cases, json.loads(done.stdout), strict=True):
        needs = parse_dependencies(text, frozenset(on)).depends
        for _ in range(6):
            have = {f"c/{letter}" for letter in "abcdef" if draw.random() < 0.5}
            ours = all(any(atom in have for atom in clause.split(" || ")) for clause in needs)
            assert ours == holds(tree, have), (text, on, have)
            seen.add(ours)
    assert seen == {True, False}


def unpacked(data: bytes, **settings: str) -> dict[str, bytes]:
    given = {"name": "app-misc/hello", "version": "1.0-r1"} | settings
    found = {}
    for member in gpkg_members(BytesIO(data), UnpackSpec("gpkg", settings=tuple(given.items())), Limits()):
        found[member.path] = b"".join(map(bytes, member.data))
    return found


def test_a_package_is_compared_with_its_manifest_and_its_name() -> None:
    data = gpkg("app-misc/hello", "1.0-r1", {"usr/bin/hello": "hello"})
    assert unpacked(data)["usr/bin/hello"] == b"hello"
    assert unpacked(data, name="app-misc/hello:2", version="1.0-r1-7")
    evil = tarball({"usr/bin/hello": "evil"}, "image/")
    for spoil in ({"image.tar.gz": evil}, {"more": b""}, {"Manifest": b""}, {"Manifest": b"DATA gpkg-1 0 MD5 00\n"}):
        with pytest.raises(Rejected, match="Manifest"):
            unpacked(gpkg("app-misc/hello", "1.0-r1", {"usr/bin/hello": "hello"}, spoil=spoil))
    for settings in ({"name": "app-misc/other"}, {"version": "2.0"}):
        with pytest.raises(Rejected, match=r"the package is `app-misc/hello-1\.0-r1`"):
            unpacked(data, **settings)
    with pytest.raises(Rejected, match="its own name"):
        unpacked(gpkg("app-misc/hello", "1.0-r1", {}, {"CATEGORY": ""}))


def test_a_signed_manifest_is_read() -> None:
    digest = "ab" * 64
    text = f"DATA a 3 BLAKE2B {digest} SHA512 {digest}\n"
    signed = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{text}-----BEGIN PGP SIGNATURE-----\nxyz\n-----END PGP SIGNATURE-----\nDATA evil 0 SHA512 {digest}\n"
    assert read_manifest(signed) == read_manifest(text) == {"a": ManifestEntry(3, {"BLAKE2B": digest, "SHA512": digest})}
    assert find_differences(read_manifest(text), {"a": ManifestEntry(4, {"SHA512": "00"})}) == [
        "`a` has 4 bytes instead of 3",
        "`a` has a different SHA512",
    ]


def test_a_keyring_requires_a_signed_manifest(tmp_path: Path) -> None:
    need_tools()
    signer, stranger = Signer(tmp_path / "keys"), Signer(tmp_path / "others", "stranger")
    try:
        source = opened(signatures="required", keyring=str(signer.keyring))
        record = PackageRecord("app-misc/hello", "1.0-r1", "x86_64", format="gpkg")
        settings = dict(source.container(record).settings)
        assert settings["keyring"] == str(signer.keyring)
        assert "keyring" not in dict(opened().container(record).settings)
        good = gpkg("app-misc/hello", "1.0-r1", {"usr/bin/hello": "hello"}, sign=signer.clear)
        assert unpacked(good, **settings)["usr/bin/hello"] == b"hello"
        assert unpacked(good)["usr/bin/hello"] == b"hello"
        beside = signer.clear("DATA x 0 SHA512 00\n") + b"DATA evil 0 SHA512 00\n"
        for bad in (
            gpkg("app-misc/hello", "1.0-r1", {"usr/bin/hello": "hello"}),
            gpkg("app-misc/hello", "1.0-r1", {"usr/bin/hello": "hello"}, sign=stranger.clear),
            gpkg(
                "app-misc/hello",
                "1.0-r1",
                {"usr/bin/hello": "hello"},
                sign=lambda text: signer.clear(text).replace(b"SHA512 ", b"SHA512 0", 1),
            ),
            gpkg("app-misc/hello", "1.0-r1", {"usr/bin/hello": "hello"}, spoil={"Manifest": beside}),
        ):
            with pytest.raises(Rejected):
                unpacked(bad, **settings)
        with pytest.raises(Rejected, match="a format without signatures"):
            list(xpak_members(BytesIO(b""), UnpackSpec("xpak", settings=tuple(settings.items())), Limits()))
    finally:
        signer.close()
        stranger.close()


CXX = """ARCH: amd64
TIMESTAMP: 1763500000

CPV: sys-devel/gcc-13.2.1_p1
SLOT: 13
PROVIDES: x86_64: libgcc_s.so.1 libstdc++.so.6 x86_32: libstdc++.so.6

CPV: sys-devel/gcc-14.1.0
SLOT: 14
PROVIDES: x86_64: libgcc_s.so.1 libstdc++.so.6

CPV: sys-libs/zlib-1.3
PROVIDES: x86_64: libz.so.1

CPV: sys-libs/glibc-2.39
PROVIDES: x86_64: libc.so.6

CPV: app-misc/plus-1.0
RDEPEND: >=sys-libs/zlib-1.2:0=
PROVIDES: x86_64: libplus.so
REQUIRES: x86_64: libstdc++.so.6 libz.so.1 libplus.so libunknown.so.9

CPV: app-misc/script-1.0
"""


def test_undeclared_libraries_become_dependencies_on_their_providers() -> None:
    """RDEPEND leaves out what is in @system: gcc's libraries come by what the programs themselves load."""
    records = {record.name: record for record in page_of(CXX).records}
    assert records["app-misc/plus"].depends == (">=sys-libs/zlib-1.2:0", "sys-devel/gcc:13 || sys-devel/gcc:14")
    assert records["app-misc/script"].depends == ()
    assert GentooDialect().parse_clause(records["app-misc/plus"].depends[1])[0].name == "sys-devel/gcc:13"
    assert {name for name, record in records.items() if record.essential} == {"sys-libs/glibc"}


def test_an_index_without_sonames_has_the_providers_in_every_closure() -> None:
    bare = "\n".join(line for line in CXX.splitlines() if not line.startswith("REQUIRES"))
    essential = {record.name for record in page_of(bare).records if record.essential}
    assert essential == {"sys-libs/glibc", "sys-devel/gcc:14"}, "of several slots the newest"
    named = {record.name for record in page_of(CXX, system="app-misc/script").records if record.essential}
    assert named == {"app-misc/script"}


def test_an_out_of_range_time_is_empty() -> None:
    """A number of thousands of digits in an index is a lie, not an end of the program."""
    text = CXX.replace("TIMESTAMP: 1763500000", f"TIMESTAMP: {'9' * 30}").replace("RDEPEND", f"BUILD_TIME: {'9' * 5000}\nRDEPEND")
    page = page_of(text)
    assert page.snapshot is not None
    assert page.snapshot.date == ""
    assert "not be noticed" in page.warnings[0]
    assert not [record for record in page.records if "date" in dict(record.facts)]
