"""The pkgsrc source: summaries, packing lists, settings."""

import bz2
import gzip
import hashlib
import lzma
from io import BytesIO

import pytest
from registry_maker import pkgsrc_package, tarball

from nipsys.model.host import HostFacts
from nipsys.model.package.record import PackageRecord
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.pkgsrc.contents import find_mismatches, read_contents
from nipsys.sources.pkgsrc.source import Pkgsrc, open_source
from nipsys.sources.port import Page
from nipsys.store.formats.pkgsrc import read_members
from nipsys.store.member import Limits

NOW = "2026-11-20T08:00:00Z"
SUMMARY = """PKGNAME=hello-2.12nb1
DEPENDS=libgreet>=2<3
DEPENDS={tcsh,bash}-[0-9]*
CONFLICTS=hello-devel-[0-9]*
COMMENT=Says hello
PKG_OPTIONS=nls loud
MACHINE_ARCH=x86_64
OPSYS=Linux
BUILD_DATE=2026-11-18 10:00:00 +0000
PKGPATH=local/hello
LICENSE=gnu-gpl-v3
FILE_NAME=hello-2.12nb1.tgz
FILE_SIZE=1234
FILE_CKSUM=SHA512 ABCD

PKGNAME=libgreet-2.0
COMMENT=Greets
MACHINE_ARCH=x86_64
OPSYS=Linux

PKGNAME=other-1.0
MACHINE_ARCH=sparc64
OPSYS=NetBSD
"""


def opened(**settings: str) -> Pkgsrc:
    given = {"mirror": "https://example.org/All/ http://b.example/x", "signatures": "none"} | settings
    return open_source(
        SourceSpec("pkgsrc", "pkgsrc", 50, tuple(sorted((key.replace("_", "-"), value) for key, value in given.items()))), HostFacts(), NOW
    )


def page_of(text: str, pack: object = gzip.compress, **settings: str) -> Page:
    source = opened(**settings)
    (resource,) = source.ask()
    return source.read(resource, BytesIO(pack(text.encode())))  # type: ignore[operator]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_a_summary_in_any_compression_becomes_records(pack: object) -> None:
    page = page_of(SUMMARY, pack)
    hello, libgreet = page.records
    assert hello == PackageRecord(
        "hello",
        "2.12nb1",
        "x86_64",
        depends=("libgreet>=2<3", "{tcsh,bash}-[0-9]*"),
        provides=("local/hello=2.12nb1",),
        conflicts=("hello-devel-[0-9]*",),
        location="hello-2.12nb1.tgz",
        size=1234,
        digest="sha512:abcd",
        format="pkgsrc",
        summary="Says hello",
        flags=("+loud", "+nls"),
        facts=(
            ("date", "2026-11-18T10:00:00Z"),
            ("licence", "gnu-gpl-v3"),
            ("path", "local/hello"),
            ("system", "Linux"),
        ),
    )
    assert (libgreet.name, libgreet.location, libgreet.digest) == ("libgreet", "libgreet-2.0.tgz", "")
    assert page.snapshot
    assert ("warning", "signatures are not checked") in page.snapshot.facts
    assert page.warnings == ("`pkgsrc` has no digest for 1 of its packages: each is locked when the package is first fetched",)


def test_the_smallest_summary_is_requested_first() -> None:
    source = opened()
    (resource,) = source.ask()
    assert resource.urls == ("https://example.org/All/pkg_summary.xz", "http://b.example/x/pkg_summary.xz")
    (second,) = source.read(resource, None).more
    (third,) = source.read(second, None).more
    assert [second.role, third.role] == ["summary:pkg_summary.bz2", "summary:pkg_summary.gz"]
    assert [resource.optional, second.optional, third.optional] == [True, True, False]


def test_a_keyring_requires_a_signed_summary() -> None:
    (resource,) = opened(signatures="required", keyring="/k.gpg").ask()
    assert resource.signature_policy
    assert resource.signature_policy.keyrings == ("/k.gpg",)
    assert resource.signature_policy.detached[0] == "https://example.org/All/pkg_summary.xz.asc"


def test_young_builds_are_left_out() -> None:
    assert [record.name for record in page_of(SUMMARY, snapshot="2026-11-18").records] == ["hello"]
    for setting in ({"min_age": "7d"}, {"snapshot": "2026-11-17"}):
        with pytest.raises(Rejected, match="no packages") as refused:
            page_of(SUMMARY, **setting)
        assert "known to have been built before 2026-11-1" in refused.value.problems[0].notes[0]


def test_an_artifact_is_on_every_mirror_and_keeps_its_digest() -> None:
    source = opened()
    locked = LockedPackage("pkgsrc", "g++", "1", location="g++-1.tgz", size=7, digest="sha256:00", format="pkgsrc")
    resource = source.artifact(locked)
    assert resource.urls == ("https://example.org/All/g++-1.tgz", "http://b.example/x/g++-1.tgz")
    assert (resource.digest, resource.size, resource.limit) == ("sha256:00", 7, 7)
    assert source.artifact(LockedPackage("pkgsrc", "a", "1", location="a-1.tgz")).digest is None
    assert dict(source.container(locked).settings) == {"name": "g++-1", "prefix": "/usr/pkg"}


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({"signatures": "required"}, {"no-keyring"}),
        ({"signatures": "maybe"}, {"bad-setting"}),
        ({"suite": "x", "min_age": "soon", "snapshot": "yesterday"}, {"unknown-setting", "bad-setting"}),
        ({"mirror": ""}, {"no-mirror"}),
        ({"mirror": "ftp://example.org"}, {"bad-address"}),
    ],
)
def test_invalid_settings_are_reported_together(settings: dict[str, str], codes: set[str]) -> None:
    with pytest.raises(Rejected) as caught:
        opened(**settings)
    assert {problem.code for problem in caught.value.problems} == codes
    assert all(problem.hint for problem in caught.value.problems if problem.code != "bad-setting" or "signatures" not in problem.message)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gzip.compress(SUMMARY.encode(), mtime=0)[:-9], "bad-index"),
        (b"\x1f\x8bnot gzip", "bad-index"),
        (b"", "no-packages"),
        (b"PKGNAME=a-1\nMACHINE_ARCH=vax\n", "no-packages"),
    ],
)
def test_a_broken_or_foreign_summary_is_refused(body: bytes, code: str) -> None:
    source = opened()
    with pytest.raises(Rejected) as caught:
        source.read(source.ask()[0], BytesIO(body))
    assert caught.value.problems[0].code == code


CONTENTS = """@comment PKGTOOLS version 20091115
@name hello-2.12nb1
@comment first
@pkgdep libgreet>=2<3
@pkgcfl hello-devel-[0-9]*
@cwd /usr/pkg
bin/hello
@comment MD5:{md5}
lib/libhello.so
@comment Symlink:libhello.so.1
@ignore
share/secret
@exec rm -rf /
@cwd /usr/pkg/share
doc/hello.txt
@cwd .
@pkgdir var/hello
"""


def listed() -> str:
    return CONTENTS.format(md5=hashlib.md5(b"hello").hexdigest())


def test_a_packing_list_describes_every_file() -> None:
    contents = read_contents(listed())
    assert (contents.name, contents.prefix) == ("hello-2.12nb1", "/usr/pkg")
    assert contents.files == {"bin/hello": "md5:" + hashlib.md5(b"hello").hexdigest(), "share/doc/hello.txt": ""}
    assert contents.links == {"lib/libhello.so": "libhello.so.1"}
    assert (contents.depends, contents.conflicts, contents.directories) == (("libgreet>=2<3",), ("hello-devel-[0-9]*",), ("var/hello",))
    assert contents.commands == ("rm -rf /",)


@pytest.mark.parametrize("line", ["../../etc/passwd", "@cwd /usr/pkgsrc\nfile", "/etc/passwd"])
def test_a_packing_list_that_leaves_its_prefix_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        read_contents(f"@name a-1\n@cwd /usr/pkg\n{line}\n")


def test_every_difference_from_the_packing_list_is_named() -> None:
    contents = read_contents(listed())
    good = dict(contents.files) | {"share/doc/hello.txt": "md5:00"}
    links = dict(contents.links)
    assert find_mismatches(contents, good, links) == ()
    bad = {"bin/hello": "md5:11", "bin/trojan": "md5:22"}
    told = " ".join(problem.message for problem in find_mismatches(contents, bad, {"lib/libhello.so": "/tmp/x"}))
    for part in (
        "`bin/hello` has the digest",
        "`share/doc/hello.txt` is listed but missing",
        "`lib/libhello.so` does not point to",
        "`bin/trojan` is not listed",
    ):
        assert part in told


def unpacked(data: bytes, **settings: str) -> dict[str, bytes]:
    given = {"name": "hello-2.12nb1", "prefix": "/usr/pkg"} | settings
    found = {}
    for member in read_members(BytesIO(data), UnpackSpec("pkgsrc", settings=tuple(given.items())), Limits()):
        found[member.path] = b"".join(map(bytes, member.data))
    return found


FILES = {"bin/hello": "#!/bin/sh\necho hello\n", "lib/x.so": "-> x.so.1", "lib/x.so.1": "library"}


def test_a_package_is_compared_with_its_packing_list() -> None:
    found = unpacked(pkgsrc_package("hello-2.12nb1", FILES))
    assert found["bin/hello"] == b"#!/bin/sh\necho hello\n"
    assert {"+CONTENTS", "lib/x.so", "lib/x.so.1"} <= found.keys()


@pytest.mark.parametrize(
    ("spoil", "settings", "code"),
    [
        ({"bin/hello": "evil"}, {}, "contents-mismatch"),
        ({"bin/more": "evil"}, {}, "contents-mismatch"),
        ({"lib/x.so": "-> /tmp/evil.so"}, {}, "contents-mismatch"),
        ({"+BUILD_INFO": "OPSYS=NetBSD\n"}, {}, "other-system"),
        ({"+CONTENTS": "@name hello-2.12nb1\n"}, {}, "damaged-archive"),
        ({}, {"name": "hello-9"}, "wrong-package"),
        ({}, {"prefix": "/opt/pkg"}, "wrong-prefix"),
    ],
)
def test_a_package_that_differs_from_its_packing_list_is_refused(spoil: dict[str, str], settings: dict[str, str], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        unpacked(pkgsrc_package("hello-2.12nb1", FILES, spoil=spoil), **settings)
    assert caught.value.problems[0].code == code


def test_packages_cut_short_signed_or_without_a_list_are_refused() -> None:
    whole = pkgsrc_package("hello-2.12nb1", FILES)
    for data, code in (
        (whole[:-40], "damaged-archive"),
        (b"!<arch>\n" + whole, "unknown-format"),
        (tarball({"bin/x": ""}, ""), "damaged-archive"),
    ):
        with pytest.raises(Rejected) as caught:
            unpacked(data)
        assert caught.value.problems[0].code == code
