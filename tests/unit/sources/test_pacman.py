"""Pacman's databases and settings, without any tool."""

import gzip
import io
import lzma
import tarfile
from collections.abc import Mapping

import pytest
import zstandard

from nipsys.model.host import HostFacts
from nipsys.model.package.record import Atom, PackageRecord
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.pacman.database import iter_files, read_database
from nipsys.sources.pacman.dialect import PacmanDialect
from nipsys.sources.pacman.package import read_mtree, read_pkginfo
from nipsys.sources.pacman.source import Pacman, open_source
from nipsys.sources.port import SupportsMerge

ENTRY = {
    "NAME": "hello",
    "VERSION": "1-1",
    "FILENAME": "hello-1-1-any.pkg.tar.zst",
    "CSIZE": "9",
    "ARCH": "any",
    "SHA256SUM": "a" * 64,
    "BUILDDATE": "1700000000",
}


def opened(host: HostFacts | None = None, **settings: str) -> Pacman:
    return open_source(
        SourceSpec("arch", "pacman", settings=tuple(sorted((key.replace("_", "-"), value) for key, value in settings.items()))),
        host or HostFacts(),
        "",
    )


def desc(fields: Mapping[str, str]) -> str:
    return "".join(f"%{key}%\n{value}\n\n" for key, value in fields.items())


def archive(members: Mapping[str, str], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for path, text in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


ONE = archive({"hello-1-1/desc": desc(ENTRY)})


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstandard.compress, bytes], ids=["gz", "xz", "zst", "plain"])
def test_every_compression_gives_the_same_records(pack: object) -> None:
    (record,) = read_database(pack(ONE), "core", frozenset()).records  # type: ignore[operator]
    assert (record.name, record.arch, record.location, record.digest) == (
        "hello",
        "",
        "core/hello-1-1-any.pkg.tar.zst",
        "sha256:" + "a" * 64,
    )


def test_an_old_database_has_a_separate_file_of_dependencies() -> None:
    old = archive({"hello-1-1/desc": desc(ENTRY), "hello-1-1/depends": desc({"DEPENDS": "glibc\nzlib>=1:1.2", "CONFLICTS": "hallo"})})
    (record,) = read_database(old, "core", frozenset()).records
    assert record.depends == ("glibc", "zlib>=1:1.2")
    assert record.conflicts == ("hallo",)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_names_longer_than_a_header_are_read(form: int) -> None:
    long = "x" * 300
    listed = archive({f"{long}-1-1/desc": desc({**ENTRY, "NAME": long}), f"{long}-1-1/files": "%FILES%\nusr/\nusr/bin/x\n"}, form)
    assert [record.name for record in read_database(listed, "core", frozenset()).records] == [long]
    assert list(iter_files(listed)) == [(f"{long}-1-1", ("usr/", "usr/bin/x"))]


def test_foreign_architectures_are_left_out_and_variants_are_a_setting() -> None:
    listed = archive(
        {f"{arch}/desc": desc({**ENTRY, "NAME": f"p-{arch}", "ARCH": arch}) for arch in ("any", "x86_64", "x86_64_v3", "armv7h")}
    )
    assert [record.name for record in read_database(listed, "core", frozenset({"x86_64"})).records] == ["p-any", "p-x86_64"]
    derived = opened(mirror="https://x.example/$arch/$repo", arch="x86_64_v3 x86_64", signatures="none", repos="fast")
    assert derived.ask()[0].urls == ("https://x.example/x86_64_v3/fast/fast.db",)
    assert derived.arches == ("x86_64_v3", "x86_64")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"CSIZE": "many"}, "size"),
        ({"NAME": ""}, "name"),
        ({"FILENAME": "../x"}, "outside"),
        ({"NAME": "../x"}, "outside"),
        ({"NAME": "-rf"}, "outside"),
        ({"VERSION": ""}, "version"),
    ],
)
def test_broken_entries_are_refused(change: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_database(archive({"x/desc": desc({**ENTRY, **change})}), "core", frozenset())


def test_the_first_repository_wins_whatever_its_version() -> None:
    source = opened(mirror="https://x.example/$repo", signatures="none")
    assert isinstance(source, SupportsMerge)
    one, two, three = PackageRecord("a", "1-1", ""), PackageRecord("a", "2-1", ""), PackageRecord("b", "1-1", "")
    assert list(source.merge_pages([[], [one], iter([two, three])])) == [one, three]


@pytest.mark.parametrize(
    ("asked", "version", "fits"),
    [
        ("greeter", "", True),
        ("greeter>=1", "", False),
        ("greeter>=1", "2", True),
        ("libz.so=1-64", "1-64", True),
        ("libz.so=1-64", "1-32", False),
        ("a=1.0", "1.0-3", True),
        ("a<1:1", "9-1", True),
    ],
)
def test_an_unversioned_provide_satisfies_no_versioned_dependency(asked: str, version: str, fits: bool) -> None:
    dialect = PacmanDialect()
    (atom,) = dialect.parse_clause(asked)
    assert dialect.matches(atom, version) is fits


def test_optional_dependencies_lose_their_reasons() -> None:
    assert PacmanDialect().parse_clause("perl>=1:5.0: for the scripts: all of them") == (Atom("perl", ">=", "1:5.0"),)
    assert PacmanDialect().parse_clause("python:") == (Atom("python"),)
    assert PacmanDialect().parse_provide("libz.so=1-64") == ("libz.so", "1-64")
    for wrong in ("", "a b", ">=1", "a>>1"):
        with pytest.raises(ValueError, match=r"."):
            PacmanDialect().parse_clause(wrong)


def test_addresses_are_quoted() -> None:
    source = opened(mirror="https://x.example/$repo/os/$arch", signatures="none", repos="extra")
    record = PackageRecord("lib#c", "1:2-1", "", location="extra/lib#c-1:2-1-any.pkg.tar.zst", size=5, digest="sha256:" + "0" * 64)
    assert source.artifact(record).urls == ("https://x.example/extra/os/x86_64/lib%23c-1:2-1-any.pkg.tar.zst",)


def test_signatures_decide_which_files_must_be_signed() -> None:
    record = PackageRecord("a", "1-1", "", location="core/a.pkg.tar.zst", size=5, digest="sha256:" + "0" * 64)
    required = opened(mirror="https://x.example", keyring="/k.gpg", fingerprints="AB CD")
    seal = required.artifact(record).signature_policy
    assert seal is not None
    assert (seal.keyrings, seal.fingerprints, seal.detached) == (("/k.gpg",), ("AB", "CD"), ("https://x.example/a.pkg.tar.zst.sig",))
    assert [(one.role, one.optional) for one in required.ask()] == [("signature:core", True), ("signature:extra", True)]
    (after,) = required.read(required.ask()[0], io.BytesIO(b"sig")).more
    assert after.signature_policy is not None
    page = required.read(required.ask()[0], None)
    assert page.more[0].signature_policy is None
    assert "not signed" in page.warnings[0]
    database = opened(mirror="https://x.example", keyring="/k.gpg", signatures="database")
    assert database.artifact(record).signature_policy is None
    assert database.ask()[0].signature_policy is not None


def test_without_signatures_a_weak_digest_is_refused() -> None:
    source = opened(mirror="https://x.example", signatures="none", repos="core")
    weak = archive({"x/desc": desc({**ENTRY, "SHA256SUM": "", "MD5SUM": "b" * 32})})
    with pytest.raises(Rejected, match="no SHA-256"):
        source.read(source.ask()[0], io.BytesIO(weak))
    signed = opened(mirror="https://x.example", keyring="/k.gpg", repos="core")
    (resource,) = signed.read(signed.ask()[0], None).more
    (record,) = signed.read(resource, io.BytesIO(weak)).records
    assert record.digest == "md5:" + "b" * 32


def test_the_mirror_list_and_keyrings_of_the_host_are_used() -> None:
    listing = "## Servers\n#Server = https://off.example/$repo\nServer = https://one.example/$repo/os/$arch\nServer=https://two.example/$repo # near\n"
    host = HostFacts(
        config_files=(("/etc/pacman.d/mirrorlist", listing),), keyrings=("/usr/share/pacman/keyrings/archlinux.gpg", "/etc/apt/trusted.gpg")
    )
    source = opened(host, repos="core")
    assert source.ask()[0].urls == ("https://one.example/core/os/x86_64/core.db.sig", "https://two.example/core/core.db.sig")
    assert source.signature_policy is not None
    assert source.signature_policy.keyrings == ("/usr/share/pacman/keyrings/archlinux.gpg",)


def test_a_snapshot_uses_the_archive() -> None:
    source = opened(snapshot="2026-11-01", signatures="none", repos="core")
    assert source.ask()[0].urls == ("https://archive.archlinux.org/repos/2026/11/01/core/os/x86_64/core.db",)
    own = opened(mirror="https://x.example/$snapshot/$repo", snapshot="2026-11-01", signatures="none", repos="core")
    assert own.ask()[0].urls == ("https://x.example/2026/11/01/core/core.db",)


def test_invalid_settings_are_reported_together() -> None:
    with pytest.raises(Rejected) as caught:
        opened(HostFacts(arch="vax"), mirror="ftp://x", signatures="maybe", snapshot="yesterday", colour="red")
    assert sorted(problem.code for problem in caught.value.problems) == [
        "bad-address", "bad-setting", "bad-setting", "no-keyring", "unknown-arch", "unknown-setting",
    ]  # fmt: skip
    with pytest.raises(Rejected, match="no mirror is known"):
        opened()


def test_a_list_of_members_follows_its_defaults() -> None:
    text = (
        b"#mtree\n/set type=file uid=0 gid=0 mode=644\n./.PKGINFO time=1.0 size=5 sha256digest=" + b"a" * 64 + b"\n/set mode=755\n"
        b"./usr/a\\040b time=1.0 size=1 sha256digest="
        + b"b" * 64
        + b"\n./usr/\\303\\274 type=link mode=777 link=a\\040b\n/unset mode\n./usr type=dir\n"
    )
    found = read_mtree(gzip.compress(text))
    assert {path: (one.kind, one.mode, one.target) for path, one in found.items()} == {
        ".PKGINFO": ("file", 0o644, ""), "usr/a b": ("file", 0o755, ""), "usr/ü": ("link", 0o777, "a b"), "usr": ("dir", 0, ""),
    }  # fmt: skip
    for wrong in (b"./a type=block\n", b"./a type=file mode=644\n", b"./a type=dir\n./a type=dir\n", b"./a type=dir mode=8\n"):
        with pytest.raises(ValueError, match="MTREE"):
            read_mtree(gzip.compress(wrong))


def test_a_package_information_keeps_repeated_keys() -> None:
    assert read_pkginfo("# made\npkgname = a\ndepend = b>=1\ndepend = c\nurl = \n")["depend"] == ("b>=1", "c")
    with pytest.raises(ValueError, match="without"):
        read_pkginfo("pkgname")


def test_young_packages_are_left_out_and_counted() -> None:
    young = {**ENTRY, "NAME": "young", "BUILDDATE": "1700600000"}  # 2023-11-21
    listed = archive({"a/desc": desc(ENTRY), "b/desc": desc(young), "c/desc": desc({**ENTRY, "NAME": "undated", "BUILDDATE": ""})})
    spec = SourceSpec(
        "arch", "pacman", settings=(("min-age", "7d"), ("mirror", "https://x.example"), ("repos", "core"), ("signatures", "none"))
    )
    source = open_source(spec, HostFacts(), "2023-11-25T00:00:00Z")
    page = source.read(source.ask()[0], io.BytesIO(listed))
    assert [record.name for record in page.records] == ["hello"]
    assert "2 packages of `core` are held back by `min-age`" in page.warnings
    assert page.snapshot is not None
    assert page.snapshot.date == "2023-11-21T20:53:20Z"
    with pytest.raises(Rejected, match="min-age"):
        opened(mirror="https://x.example", signatures="none", min_age="soon")
