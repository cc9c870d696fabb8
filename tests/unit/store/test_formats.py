"""Every package format becomes the same tree."""

import gzip
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import pytest

from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.tree import File, Link, Tree
from nipsys.store.trees import Store

PATHS = ["big", "bin", "empty", "usr", "usr/bin", "usr/bin/x"]


@pytest.fixture
def payload(tmp_path: pathlib.Path) -> pathlib.Path:
    top = tmp_path / "pkg"
    (top / "usr/bin").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "usr/bin/x").write_text("#!/bin/sh\n")
    (top / "usr/bin/x").chmod(0o755)
    (top / "big").write_bytes(bytes(range(256)) * 20000)
    (top / "bin").symlink_to("usr/bin")
    for path in (top / "usr/bin/x", top / "big"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return top


def stored(tmp_path: pathlib.Path, data: bytes, container: UnpackSpec) -> Tree:
    store = Store(str(tmp_path / "root"))
    with store.open_batch() as batch:
        batch.put(io.BytesIO(data), container, "x", "1", "sha256:abc")
        ((name, made),) = batch.commit()
    tree = store.read_manifest(name)
    assert tree is not None
    assert made == tree
    assert store.find("sha256:abc") == name
    top = pathlib.Path(store.path(name))
    assert sorted(str(path.relative_to(top)) for path in top.rglob("*")) == [entry.path for entry in tree.entries]
    for entry in tree.entries:
        if isinstance(entry, File):
            assert (top / entry.path).stat().st_mode & 0o7777 == (0o555 if entry.executable else 0o444)
            assert int((top / entry.path).stat().st_mtime) == entry.mtime
    return tree


def archived(payload: pathlib.Path, mode: str, name: str = "pkg") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.PAX_FORMAT) as archive:
        archive.add(payload, name)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_a_tar_of_every_compression_gives_the_same_tree(tmp_path: pathlib.Path, payload: pathlib.Path, mode: str) -> None:
    tree = stored(tmp_path, archived(payload, mode), UnpackSpec("tar", strip=1))
    assert [entry.path for entry in tree.entries] == PATHS
    (x,) = (entry for entry in tree.entries if entry.path == "usr/bin/x")
    assert x == File("usr/bin/x", x.digest, 10, True, 1_700_000_000)


def test_the_top_directory_of_an_npm_package_is_stripped(tmp_path: pathlib.Path, payload: pathlib.Path) -> None:
    tree = stored(tmp_path, archived(payload, "w:gz", "anything"), UnpackSpec("npm"))
    assert [entry.path for entry in tree.entries] == PATHS


def test_strip_skip_prefix_and_links_of_a_container(tmp_path: pathlib.Path, payload: pathlib.Path) -> None:
    container = UnpackSpec("tar", strip=1, skip=("pkg/empty", "*/big"), prefix="opt/x", links=(("usr/bin/tool", "../../opt/x/usr/bin/x"),))
    tree = stored(tmp_path, archived(payload, "w"), container)
    assert [entry.path for entry in tree.entries] == [
        "opt", "opt/x", "opt/x/bin", "opt/x/usr", "opt/x/usr/bin", "opt/x/usr/bin/x", "usr", "usr/bin", "usr/bin/tool",
    ]  # fmt: skip
    assert Link("usr/bin/tool", "../../opt/x/usr/bin/x") in tree.entries


def test_a_single_file_goes_to_its_prefix(tmp_path: pathlib.Path) -> None:
    tree = stored(tmp_path, b"#!/bin/sh\n", UnpackSpec("file", prefix="usr/bin/tool"))
    assert [entry.path for entry in tree.entries] == ["usr", "usr/bin", "usr/bin/tool"]


def test_an_apk_of_three_gzip_members_is_read(tmp_path: pathlib.Path, payload: pathlib.Path) -> None:
    def part(*files: tuple[str, bytes]) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, data in files:
                made = tarfile.TarInfo(name)
                made.size = len(data)
                archive.addfile(made, io.BytesIO(data))
        return gzip.compress(out.getvalue().rstrip(b"\0") + bytes(-len(out.getvalue().rstrip(b"\0")) % 512))

    data = part((".SIGN.RSA.key", b"s")) + part((".PKGINFO", b"pkgname = x\n")) + archived(payload, "w:gz", ".")
    tree = stored(tmp_path, data, UnpackSpec("apk"))
    assert [entry.path for entry in tree.entries] == [".package", ".package/.PKGINFO", *PATHS]


@pytest.mark.parametrize(("format_name", "mark"), [("pacman", ".PKGINFO"), ("pkgsrc", "+CONTENTS")])
def test_metadata_files_at_the_top_go_below_package(tmp_path: pathlib.Path, payload: pathlib.Path, format_name: str, mark: str) -> None:
    (payload / mark).write_text("pkgname = x\n")
    tree = stored(tmp_path, archived(payload, "w:xz", "."), UnpackSpec(format_name))
    assert [entry.path for entry in tree.entries] == [".package", f".package/{mark}", *PATHS]


def test_a_gpkg_puts_its_metadata_below_package(tmp_path: pathlib.Path, payload: pathlib.Path) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/USE").write_text("ssl\n")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in (
            ("x-1/gpkg-1", b""),
            ("x-1/metadata.tar.xz", archived(tmp_path / "meta", "w:xz", "metadata")),
            ("x-1/image.tar.xz", archived(payload, "w:xz", "image")),
        ):
            made = tarfile.TarInfo(name)
            made.size = len(data)
            archive.addfile(made, io.BytesIO(data))
    tree = stored(tmp_path, out.getvalue(), UnpackSpec("gpkg"))
    assert [entry.path for entry in tree.entries] == [".package", ".package/USE", *PATHS]


def test_an_xpak_trailer_becomes_metadata(tmp_path: pathlib.Path, payload: pathlib.Path) -> None:
    name, data = b"USE", b"ssl\n"
    index = len(name).to_bytes(4, "big") + name + (0).to_bytes(4, "big") + len(data).to_bytes(4, "big")
    tail = b"XPAKPACK" + len(index).to_bytes(4, "big") + len(data).to_bytes(4, "big") + index + data + b"XPAKSTOP"
    tree = stored(tmp_path, archived(payload, "w:bz2", ".") + tail + len(tail).to_bytes(4, "big") + b"STOP", UnpackSpec("xpak"))
    assert [entry.path for entry in tree.entries] == [".package", ".package/USE", *PATHS]


def named_zip(raw: bytes, *, system: int, flag: int = 0, extra: bytes = b"") -> bytes:
    """Return a zip archive of one file with these raw bytes as its name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("x" * len(raw))
        info.create_system, info.extra = system, extra
        archive.writestr(info, b"content")
    data = bytearray(out.getvalue().replace(b"x" * len(raw), raw))
    for magic, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.index(magic) + place
        data[start : start + 2] = flag.to_bytes(2, "little")
    return bytes(data)


def unicode_path(raw: bytes, name: str) -> bytes:
    body = b"\x01" + zlib.crc32(raw).to_bytes(4, "little") + name.encode()
    return (0x7075).to_bytes(2, "little") + len(body).to_bytes(2, "little") + body


UTF8, CP437 = "caf\u00e9".encode(), "caf\u00e9".encode("cp437")


@pytest.mark.parametrize(
    "data",
    [
        named_zip(UTF8, system=3, flag=1 << 11),
        named_zip(UTF8, system=0, flag=1 << 11),
        named_zip(UTF8, system=3),
        named_zip(CP437, system=0),
        named_zip(CP437, system=0, extra=unicode_path(CP437, "caf\u00e9")),
        named_zip(b"caf_", system=3, extra=unicode_path(b"caf_", "caf\u00e9")),
        named_zip(UTF8, system=3, extra=unicode_path(b"other", "evil")),
    ],
    ids=[
        "flagged",
        "flagged elsewhere",
        "Unix",
        "DOS",
        "DOS with a field",
        "Unix with a field",
        "a field of another name",
    ],
)
def test_names_in_a_zip_are_read_as_they_were_meant(tmp_path: pathlib.Path, data: bytes) -> None:
    tree = stored(tmp_path, data, UnpackSpec("zip"))
    assert [entry.path for entry in tree.entries] == ["caf\u00e9"]
    if shutil.which("unzip") and data[data.index(b"PK\1\2") + 5] == 3:  # which takes names of DOS for Latin-1
        (tmp_path / "a.zip").write_bytes(data)
        subprocess.run(["unzip", "-q", "a.zip", "-d", "out"], cwd=tmp_path, env={**os.environ, "LC_ALL": "C.UTF-8"}, check=False)
        assert os.listdir(tmp_path / "out") == ["caf\u00e9"]


def test_a_zip_keeps_its_links(tmp_path: pathlib.Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/__init__.py", "x = 1\n")
        link = zipfile.ZipInfo("x/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "__init__.py")
    tree = stored(tmp_path, out.getvalue(), UnpackSpec("zip", prefix="lib"))
    assert [entry.path for entry in tree.entries] == ["lib", "lib/x", "lib/x/__init__.py", "lib/x/link"]
    assert tree.entries[-1] == Link("lib/x/link", "__init__.py")


def nar(*words: bytes | str) -> bytes:
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    return b"".join(len(part).to_bytes(8, "little") + part + bytes(-len(part) % 8) for part in parts)


def test_a_handwritten_nar_is_read(tmp_path: pathlib.Path) -> None:
    inner = nar("(", "type", "regular", "executable", "", "contents", "hello", ")")
    data = nar("nix-archive-1", "(", "type", "directory", "entry", "(", "name", "x", "node") + inner + nar(")", ")")
    tree = stored(tmp_path, data, UnpackSpec("nar", prefix="nix/store/h-x"))
    assert [entry.path for entry in tree.entries] == ["nix", "nix/store", "nix/store/h-x", "nix/store/h-x/x"]


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a"), ("..",), ("a/b",), ("",)])
def test_a_nar_that_is_not_canonical_is_rejected(tmp_path: pathlib.Path, names: tuple[str, ...]) -> None:
    data = nar("nix-archive-1", "(", "type", "directory")
    for name in names:
        data += nar("entry", "(", "name", name, "node", "(", "type", "symlink", "target", "t", ")", ")")
    with pytest.raises(Rejected):
        stored(tmp_path, data + nar(")"), UnpackSpec("nar"))


def test_a_nar_written_by_nix_is_read(tmp_path: pathlib.Path, payload: pathlib.Path) -> None:
    nix = shutil.which("nix-store")
    if nix is None:
        pytest.skip("needs nix-store (apt: nix-bin)")
    # The state goes below the test's own directory: nothing outside it is touched.
    environment = dict(
        os.environ, NIX_STATE_DIR=str(tmp_path / "state"), NIX_STORE_DIR=str(tmp_path / "store"), NIX_LOG_DIR=str(tmp_path / "log")
    )
    dumped = subprocess.run([nix, "--dump", str(payload)], capture_output=True, check=True, env=environment).stdout
    hashed = subprocess.run(
        ["nix-hash", "--type", "sha256", "--base32", str(payload)], capture_output=True, text=True, check=True, env=environment
    )
    right = "sha256:" + hashed.stdout.strip()
    tree = stored(tmp_path, dumped, UnpackSpec("nar", settings=(("narhash", right),)))
    assert [entry.path for entry in tree.entries] == PATHS
    with pytest.raises(Rejected, match="has a wrong digest"):
        stored(tmp_path, dumped, UnpackSpec("nar", settings=(("narhash", "sha256:" + "0" * 52),)))


def test_an_unknown_format_is_rejected(tmp_path: pathlib.Path) -> None:
    with pytest.raises(Rejected, match="unknown package format"):
        stored(tmp_path, b"", UnpackSpec("rar"))


@pytest.fixture
def deb(tmp_path: pathlib.Path, payload: pathlib.Path) -> Callable[[str], bytes]:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("needs dpkg-deb (apt: dpkg)")
    (payload / "DEBIAN").mkdir()
    (payload / "DEBIAN/control").write_text("Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n")

    def build(how: str) -> bytes:
        path = tmp_path / f"{how}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", f"-Z{how}", "-b", str(payload), str(path)], check=True, capture_output=True)
        return path.read_bytes()

    return build


@pytest.mark.parametrize("how", ["xz", "gzip", "zstd", "none"])
def test_a_deb_written_by_dpkg_is_read(tmp_path: pathlib.Path, deb: Callable[[str], bytes], how: str) -> None:
    tree = stored(tmp_path, deb(how), UnpackSpec("deb"))
    assert [entry.path for entry in tree.entries] == [".package", ".package/control", *PATHS]
