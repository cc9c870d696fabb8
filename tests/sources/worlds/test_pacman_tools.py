"""Packages made by makepkg, signed by gpg, listed by repo-add: read, fetched, unpacked, and compared with what pacman itself installs."""

import base64
import gzip
import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import pytest
from grafting import merged, named, opened, records, stored
from pacman_maker import Repository, install
from tools import contents

from nipsys.model.problem import Rejected
from nipsys.sources.pacman.database import iter_files
from nipsys.sources.pacman.package import FoundMember, find_differences, find_name_mismatch, read_mtree, read_pkginfo

pytestmark = pytest.mark.xdist_group("worlds")
"""The repositories are made once, by one process."""


@pytest.fixture
def copied(arch: Repository, tmp_path: Path) -> Repository:
    """Return a copy of the repository that a test may spoil."""
    for name in ("core", "extra"):
        shutil.copytree(arch.path / name, tmp_path / "mirror" / name, symlinks=True)
    return Repository(tmp_path / "mirror", arch.keyring, arch.stranger)


def test_both_databases_are_read_as_repo_add_wrote_them(arch: Repository, tmp_path: Path) -> None:
    source = opened("pacman", mirror=arch.mirror, repos="core extra", keyring=arch.keyring)
    found = records(source, tmp_path)
    assert sorted((one.name, one.version, one.arch) for one in found) == [
        ("glibc", "2.36-1", "x86_64"),
        ("greet-data", "1:0.1+r7-1.1", ""),
        ("hello", "1.0rc1-1", "x86_64"),
        ("libgreet", "1:2.1-3", "x86_64"),
    ]
    greet, hello = named(found, "libgreet"), named(found, "hello")
    assert greet.location == "core/libgreet-1:2.1-3-x86_64.pkg.tar.zst"
    assert greet.provides == ("greeter=2", "libgreet.so=2-64")
    assert greet.conflicts == ("oldgreet<2",)
    assert dict(greet.facts) | {
        "groups": "greeting",
        "replaces": "oldgreet",
        "suite": "core",
        "homepage": "https://example.org/greet",
    } == dict(greet.facts)
    assert hello.depends == ("libgreet.so=2-64", "greeter>=2", "greet-data")
    assert hello.summary == "says hello: now"
    assert [source.dialect.parse_clause(text)[0].name for text in hello.recommends] == ["greet-data", "nothing"]
    assert source.dialect.parse_clause(hello.recommends[0])[0].version == "1:0.1"
    assert hello.digest == "sha256:" + hashlib.sha256((arch.path / hello.location).read_bytes()).hexdigest()


def test_the_list_of_files_is_that_of_the_packages(arch: Repository) -> None:
    listed = dict(iter_files((arch.path / "extra" / "extra.files").read_bytes()))
    assert "usr/bin/hello-arch" in listed["hello-1.0rc1-1"]
    assert "usr/share/greet/" in listed["greet-data-1:0.1+r7-1.1"]


def test_what_is_unpacked_is_what_pacman_installs(arch: Repository, tmp_path: Path) -> None:
    source = opened("pacman", mirror=arch.mirror, repos="core extra", keyring=arch.keyring)
    trees = [stored(source, record, tmp_path / "root") for record in records(source, tmp_path / "indexes")]
    theirs = contents(install(arch, tmp_path / "real", "hello"))
    assert merged(trees) == theirs
    assert len(theirs) > 15
    assert (trees[0] / ".package" / ".PKGINFO").exists()


def test_every_member_is_as_its_mtree_says(arch: Repository) -> None:
    checked = 0
    for path in sorted(arch.path.glob("*/*.pkg.tar.zst")):
        members, texts = _members(path)
        assert find_differences(read_mtree(texts[".MTREE"]), members) == []
        checked += len(members)
    assert checked > 20


def test_a_changed_added_or_missing_member_is_told_by_the_mtree(arch: Repository) -> None:
    members, texts = _members(next(arch.path.glob("extra/hello-*.zst")))
    stated = read_mtree(texts[".MTREE"])
    program = members["usr/bin/hello-arch"]
    assert find_differences(stated, members | {"usr/bin/hello-arch": program._replace_digest()}) == [
        "`usr/bin/hello-arch` has a SHA-256 that differs from `.MTREE`"
    ]
    assert find_differences(stated, members | {"usr/bin/evil": program}) == ["`usr/bin/evil` is in the package but not listed in `.MTREE`"]
    del members["usr/bin/hello-arch"]
    assert find_differences(stated, members) == ["`usr/bin/hello-arch` is listed in `.MTREE` but not in the package"]


class _Member(FoundMember):
    """A member whose digest a test can change."""

    __slots__ = ()

    def _replace_digest(self) -> FoundMember:
        return FoundMember(self.kind, self.mode, self.size, "0" * 64)


def _members(path: Path) -> tuple[dict[str, FoundMember], dict[str, bytes]]:
    import zstandard

    data = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    found: dict[str, FoundMember] = {}
    texts: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            body = archive.extractfile(member)
            content = body.read() if body else b""
            kind = "dir" if member.isdir() else "link" if member.issym() else "file"
            found[member.name] = _Member(
                kind, member.mode, len(content), hashlib.sha256(content).hexdigest(), member.linkname if kind == "link" else ""
            )
            if member.name.startswith("."):
                texts[member.name] = content
    return found, texts


def test_a_package_says_which_one_it_is(arch: Repository) -> None:
    _, texts = _members(next(arch.path.glob("core/libgreet-*.zst")))
    information = read_pkginfo(texts[".PKGINFO"].decode())
    assert find_name_mismatch(information, "libgreet", "1:2.1-3") is None
    assert find_name_mismatch(information, "libgreet", "2.1-3") == "the package is `libgreet` 1:2.1-3, not `libgreet` 2.1-3"
    assert information["depend"] == ("glibc",)


def test_a_flat_mirror_and_a_second_mirror_serve(arch: Repository, tmp_path: Path) -> None:
    source = opened("pacman", mirror=f"file://{tmp_path}/nowhere file://{arch.path}/extra", repos="extra", keyring=arch.keyring)
    found = records(source, tmp_path / "indexes")
    assert (stored(source, named(found, "greet-data"), tmp_path / "root") / "usr/share/greet/words").read_text() == "hello\n"


def test_an_unsigned_database_is_told_and_its_packages_must_be_signed(copied: Repository, tmp_path: Path) -> None:
    for path in copied.path.glob("*/*.db*.sig"):
        path.unlink()
    source = opened("pacman", mirror=copied.mirror, keyring=copied.keyring)
    found = records(source, tmp_path / "indexes")
    stored(source, named(found, "hello"), tmp_path / "good")
    for path in copied.path.glob("*/*.pkg.tar.zst.sig"):
        path.unlink()
    _refused(source, named(found, "libgreet"), tmp_path / "root", "signature")


def test_an_unsigned_database_is_refused_where_databases_vouch(copied: Repository, tmp_path: Path) -> None:
    source = opened("pacman", mirror=copied.mirror, keyring=copied.keyring, signatures="database")
    assert len(records(source, tmp_path / "good")) == 4
    for path in copied.path.glob("*/*.db*.sig"):
        path.unlink()
    with pytest.raises(Rejected, match="signature"):
        records(source, tmp_path / "bad")


@pytest.mark.parametrize("signatures", ["required", "database"])
def test_a_database_signed_by_a_stranger_is_refused(arch: Repository, tmp_path: Path, signatures: str) -> None:
    source = opened("pacman", mirror=arch.mirror, keyring=arch.stranger, signatures=signatures)
    with pytest.raises(Rejected) as caught:
        records(source, tmp_path)
    assert len(caught.value.problems) == 2


def test_a_changed_package_is_refused(copied: Repository, tmp_path: Path) -> None:
    source = opened("pacman", mirror=copied.mirror, keyring=copied.keyring)
    record = named(records(source, tmp_path / "indexes"), "greet-data")
    path = copied.path / record.location
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    _refused(source, record, tmp_path / "root", "digest")


def test_a_good_package_under_another_name_is_refused(copied: Repository, tmp_path: Path) -> None:
    """The list is not signed, so a mirror may pass one signed package off as another: the package itself tells."""
    for path in copied.path.glob("*/*.db*.sig"):
        path.unlink()
    source = opened("pacman", mirror=copied.mirror, keyring=copied.keyring)
    found = records(source, tmp_path / "indexes")
    passed_off = named(found, "greet-data")._replace(name="hello", version="1.0rc1-1")
    _refused(source, passed_off, tmp_path / "root", "the package is `greet-data`")


@pytest.mark.parametrize("keep", [0.3, 0.9])
@pytest.mark.parametrize("repository", ["core", "extra"])
def test_a_database_cut_short_is_refused(copied: Repository, tmp_path: Path, repository: str, keep: float) -> None:
    path = (copied.path / repository / f"{repository}.db").resolve()
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    source = opened("pacman", mirror=copied.mirror, signatures="none")
    with pytest.raises(Rejected, match="cannot be read"):
        records(source, tmp_path)


def test_an_older_database_is_refused_once_a_newer_one_was_seen(copied: Repository, tmp_path: Path) -> None:
    from nipsys.app.sync.indexes import sync_names
    from nipsys.effects.web.fetcher import Fetcher

    source = opened("pacman", mirror=copied.mirror, repos="extra", signatures="none")
    path = copied.path / "extra" / "extra.db"
    newer = path.read_bytes()
    sync_names(source, (), Fetcher(), str(tmp_path / "seen")).commit()
    path.resolve().write_bytes(_rebuilt_at(newer, 1_600_000_000))
    with pytest.raises(Rejected, match="older"):
        sync_names(source, (), Fetcher(), str(tmp_path / "seen"))
    past = opened("pacman", mirror=copied.mirror, repos="extra", signatures="none", snapshot="2020-09-13")
    assert sync_names(past, (), Fetcher(), str(tmp_path / "seen")).snapshot.date == "2020-09-13T12:26:40Z"


def _rebuilt_at(packed: bytes, when: int) -> bytes:
    from nipsys.sources.pacman.database import iter_packages

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for blocks in iter_packages(packed):
            text = "".join(f"{key}\n{when if key == '%BUILDDATE%' else value}\n\n" for key, value in blocks.items() if key).encode()
            entry = tarfile.TarInfo(f"{blocks['%NAME%']}-{blocks['%VERSION%']}/desc")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return gzip.compress(out.getvalue())


def _refused(source: object, record: object, root: Path, why: str) -> None:
    with pytest.raises(Rejected) as caught:
        stored(source, record, root)  # type: ignore[arg-type]
    assert why in str(caught.value) + str(caught.value.problems)
    assert [path for path in (root / "store").glob("*") if not path.name.startswith(".")] == []


def test_the_signature_in_the_database_is_that_beside_the_package(arch: Repository) -> None:
    from nipsys.sources.pacman.database import iter_packages

    for blocks in iter_packages((arch.path / "extra" / "extra.db").read_bytes()):
        assert base64.b64decode(blocks["%PGPSIG%"]) == (arch.path / "extra" / f"{blocks['%FILENAME%']}.sig").read_bytes()
