"""Archives made to do harm: refused with the member's name, nothing left behind, memory bounded; as a package and as a recipe's source."""

import bz2
import gzip
import hashlib
import io
import lzma
import pathlib
import random
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable

import pytest
import zstandard
from disk_ways import disk_library, way  # noqa: F401 - fixtures

from nipsys.builder.materials.prepare import prepare_material
from nipsys.model.package.recipe import Material, Recipe
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.store.member import Limits
from nipsys.store.trees import Store

TAR = UnpackSpec("tar")

pytestmark = pytest.mark.usefixtures("way")


def info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size, made.mtime = kind, target, size, 1
    return made


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for made, data in members:
            made.size = len(data) if made.isreg() else 0
            archive.addfile(made, io.BytesIO(data))
    return out.getvalue()


def deb(data: bytes, control: bytes | None = None) -> bytes:
    out = b"!<arch>\n"
    parts = (("debian-binary", b"2.0\n"), ("control.tar", control or tar((info("./control"), b"Package: x\n"))), ("data.tar", data))
    for name, part in parts:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(part):<10}`\n".encode() + part + b"\n" * (len(part) % 2)
    return out


def refused(tmp_path: pathlib.Path, data: bytes, container: UnpackSpec = TAR, limits: Limits | None = None) -> Rejected:
    store = Store(str(tmp_path / "root"), limits=limits)
    with store.open_batch(workers=1) as batch:
        batch.put(io.BytesIO(data), container, "evil", "1")
        with pytest.raises(Rejected) as caught:
            batch.commit()
    assert caught.value.kind == "source"
    assert {problem.code for problem in caught.value.problems} <= {"hostile-member", "damaged-archive"}
    assert store.list_directories() == ()
    assert [name for name, _ in store.disk.list_entries("store") if name.startswith(".new")] == []
    return caught.value


def source_refused(tmp_path: pathlib.Path, data: bytes, container: UnpackSpec = TAR, limits: Limits | None = None) -> Rejected:
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "evil").write_bytes(data)
    kind = "archive" if container == TAR else container.format
    material = Material("evil", kind, hashlib.sha256(data).hexdigest(), path="evil")
    recipe = Recipe("r", "1", folder=str(tmp_path))
    with pytest.raises(Rejected) as caught:
        prepare_material(recipe, material, str(tmp_path / "sources"), (), never, limits=limits or Limits())
    assert caught.value.kind == "build"
    assert {problem.code for problem in caught.value.problems} == {"build-unpack"}
    assert list((tmp_path / "sources").iterdir()) == []
    return caught.value


def never(_resource: object) -> str:
    raise AssertionError("nothing is fetched here")


ENTRANCES: dict[str, Callable[..., Rejected]] = {"as a package": refused, "as a recipe source": source_refused}
"""Every way in that bytes of others have: each refuses the same archives."""

both_ways = pytest.mark.parametrize("refusal", ENTRANCES.values(), ids=ENTRANCES)
Refusal = Callable[..., Rejected]


EVIL: dict[str, tuple[str, bytes]] = {
    "traversal": ("../outside", tar((info("../outside"), b"x"))),
    "inner traversal": ("usr/../../outside", tar((info("usr/../../outside"), b"x"))),
    "absolute": ("/etc/passwd", tar((info("/etc/passwd"), b"x"))),
    "through a link": ("lib/evil", tar((info("lib", tarfile.SYMTYPE, "/tmp"), b""), (info("lib/evil"), b"x"))),
    "through a deep link": ("a/b/c/evil", tar((info("a/b", tarfile.SYMTYPE, "../.."), b""), (info("a/b/c/evil"), b"x"))),
    "a directory over a link": ("lib", tar((info("lib", tarfile.SYMTYPE, "/tmp"), b""), (info("lib", tarfile.DIRTYPE), b""))),
    "below a file": ("a/b", tar((info("a"), b"x"), (info("a/b"), b"x"))),
    "hard link outside": ("evil", tar((info("evil", tarfile.LNKTYPE, "/etc/shadow"), b""))),
    "hard link up": ("evil", tar((info("evil", tarfile.LNKTYPE, "../x"), b""))),
    "hard link to nothing": ("evil", tar((info("evil", tarfile.LNKTYPE, "later"), b""), (info("later"), b"x"))),
    "hard link to a link": ("evil", tar((info("link", tarfile.SYMTYPE, "/etc/shadow"), b""), (info("evil", tarfile.LNKTYPE, "link"), b""))),
    "hard link to itself": ("evil", tar((info("evil", tarfile.LNKTYPE, "evil"), b""))),
    "character device": ("dev/null", tar((info("dev/null", tarfile.CHRTYPE), b""))),
    "block device": ("dev/sda", tar((info("dev/sda", tarfile.BLKTYPE), b""))),
    "pipe": ("pipe", tar((info("pipe", tarfile.FIFOTYPE), b""))),
    "twice": ("bin/x", tar((info("bin/x"), b"good"), (info("./bin/x"), b"evil"))),
    "a link over a file": ("bin/x", tar((info("bin/x"), b"good"), (info("bin/x", tarfile.SYMTYPE, "/tmp/x"), b""))),
    "unicode collision": ("cafe\u0301", tar((info("caf\u00e9"), b"x"), (info("cafe\u0301"), b"x"))),
    "posing as metadata": (".package/control", tar((info(".package/control"), b"x"))),
    "empty link": ("link", tar((info("link", tarfile.SYMTYPE, ""), b""))),
    "long name": ("x" * 200, tar((info("x" * 256), b""))),
    "deep": ("d/d/d", tar((info("d/" * 200 + "f"), b"x"))),
}


@both_ways
@pytest.mark.parametrize("name", EVIL)
def test_refused_with_the_members_name(tmp_path: pathlib.Path, name: str, refusal: Refusal) -> None:
    member, data = EVIL[name]
    rejected = refusal(tmp_path, data)
    assert member in rejected.problems[0].message
    assert "it again" not in str(rejected.problems[0].hint)  # not damaged: made so
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("name", ["traversal", "absolute", "through a link", "twice", "character device", "posing as metadata"])
@both_ways
def test_refused_inside_a_deb(tmp_path: pathlib.Path, name: str, refusal: Refusal) -> None:
    member, data = EVIL[name]
    assert member in refusal(tmp_path, deb(data), UnpackSpec("deb")).problems[0].message


@both_ways
def test_metadata_cannot_climb_out(tmp_path: pathlib.Path, refusal: Refusal) -> None:
    evil = deb(tar((info("x"), b"x")), tar((info("../../usr/bin/evil"), b"x")))
    assert "../../usr/bin/evil" in str(refusal(tmp_path, evil, UnpackSpec("deb")))


@both_ways
def test_control_characters_are_shown_plainly(tmp_path: pathlib.Path, refusal: Refusal) -> None:
    assert "\x1b" not in str(refusal(tmp_path, tar((info("../\x1b[2Jx"), b"x"))))


def zeros(pack: Callable[[bytes], bytes]) -> bytes:
    """4 GiB of zeros as a member: packed in parts, joined, so that the test itself stays small."""
    made = tarfile.TarInfo("zeros")
    made.size = 4 << 30
    header = made.tobuf(tarfile.GNU_FORMAT)
    part = pack(bytes(64 << 20))
    return pack(header) + part * 64 + pack(bytes(1024))


BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 6),
    "xz": lambda data: lzma.compress(data, preset=0),
    "bzip2": lambda data: bz2.compress(data, 1),
    "zstd": lambda data: zstandard.ZstdCompressor(level=1).compress(data),
}


@both_ways
@pytest.mark.parametrize("how", BOMBS)
def test_a_bomb_is_stopped_while_it_unfolds(tmp_path: pathlib.Path, how: str, refusal: Refusal) -> None:
    data = zeros(BOMBS[how])
    rejected = refusal(tmp_path, data)
    assert "`zeros` is a decompression bomb" in str(rejected)


def test_a_zip_bomb_is_stopped(tmp_path: pathlib.Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w", force_zip64=True) as member:
        for _ in range(200):
            member.write(bytes(1 << 20))
    assert "`zeros` is a decompression bomb" in str(refused(tmp_path, out.getvalue(), UnpackSpec("zip")))


@both_ways
def test_a_size_beyond_the_limit_is_refused_before_it_is_read(tmp_path: pathlib.Path, refusal: Refusal) -> None:
    made = tarfile.TarInfo("huge")
    made.size = 1 << 45
    assert "`huge` exceeds the limit of" in str(refusal(tmp_path, made.tobuf(tarfile.GNU_FORMAT)))


@both_ways
@pytest.mark.parametrize("size", [-1, -512, -(1 << 40)])
def test_a_negative_size_is_no_size(tmp_path: pathlib.Path, size: int, refusal: Refusal) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        made = info("evil")
        made.pax_headers = {"size": str(size), "mtime": "1"}
        archive.addfile(made, io.BytesIO(b""))
    assert "negative size" in str(refusal(tmp_path, out.getvalue()))
    plain = bytearray(info("evil").tobuf(tarfile.GNU_FORMAT))
    plain[124:136] = (size & (1 << 96) - 1).to_bytes(12, "big")
    plain[148:156] = b"%06o\0 " % (sum(plain[:148]) + 8 * 32 + sum(plain[156:512]))
    assert "negative size" in str(refusal(tmp_path / "second", bytes(plain) + bytes(1024)))


def tiny(count: int) -> bytes:
    return b"".join(tarfile.TarInfo(f"{number // 1000}/{number}").tobuf(tarfile.USTAR_FORMAT) for number in range(count)) + bytes(1024)


@both_ways
def test_many_tiny_entries(tmp_path: pathlib.Path, refusal: Refusal) -> None:
    rejected = refusal(tmp_path, tiny(3001), limits=Limits(entries=3000))
    assert "`3/3000` exceeds the limit of" in str(rejected)


@both_ways
def test_directories_that_only_paths_name_are_counted(tmp_path: pathlib.Path, refusal: Refusal) -> None:
    data = b"".join(info(f"{number}/" * 30 + "f").tobuf(tarfile.GNU_FORMAT) for number in range(100)) + bytes(1024)
    rejected = refusal(tmp_path, data, limits=Limits(entries=500))
    assert "`32/" in str(rejected)
    assert "exceeds the limit of 1000 entries in the tree" in str(rejected)


@both_ways
def test_paths_are_counted(tmp_path: pathlib.Path, refusal: Refusal) -> None:
    data = b"".join(info(f"{number:0200}").tobuf(tarfile.GNU_FORMAT) for number in range(100)) + bytes(1024)
    rejected = refusal(tmp_path, data, limits=Limits(path_characters=10_000))
    assert f"`{50:0200}` exceeds the limit of 10000 characters in all paths of the tree" in str(rejected)


@pytest.mark.slow
def test_a_million_tiny_entries(tmp_path: pathlib.Path) -> None:
    assert "`600/600000` exceeds the limit of" in str(refused(tmp_path, tiny(1_000_000)))


def passes(tmp_path: pathlib.Path, archive: pathlib.Path, size: int, workers: int, allowed: int) -> None:
    """See that an archive of so many bytes passes through a process that may not have more than so many MiB."""
    program = (
        "import io, resource, sys, tarfile\n"
        "from nipsys.model.package.unpack_spec import UnpackSpec\nfrom nipsys.store.trees import Store\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[3]) << 20, int(sys.argv[3]) << 20))\n"
        "store = Store(sys.argv[1])\n"
        "with store.open_batch(workers=int(sys.argv[4])) as batch:\n"
        "    batch.put(open(sys.argv[2], 'rb'), UnpackSpec('tar'), 'large', '1'); ((name, _),) = batch.commit()\n"
        "assert store.read_manifest(name).size == int(sys.argv[5])\n"
    )
    words = [str(tmp_path / "root"), str(archive), str(allowed), str(workers), str(size)]
    run = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_is_bounded(tmp_path: pathlib.Path, workers: int) -> None:
    """A 300 MB member passes through a process that may not have 160 MB."""
    packed = tmp_path / "large.tar.zst"
    made = tarfile.TarInfo("large")
    made.size = 300 << 20
    noise = random.Random(1).randbytes(1 << 20)
    compressor = zstandard.ZstdCompressor(level=1).compressobj()
    with packed.open("wb") as out:
        out.write(compressor.compress(made.tobuf(tarfile.GNU_FORMAT)))
        for _ in range(300):
            out.write(compressor.compress(noise))
        out.write(compressor.compress(bytes(1024)) + compressor.flush())
    passes(tmp_path, packed, 300 << 20, workers, 160)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_byte_does_not_keep_what_lies_between_it_and_the_next(tmp_path: pathlib.Path, workers: int) -> None:
    """Files of one byte, between them half a MiB of what becomes nothing: those that wait may not keep all of it in memory."""
    packed = tmp_path / "sparse.tar"
    filler = info("x", tarfile.XHDTYPE)
    comment = b"524288 comment=" + b"y" * (524288 - 16) + b"\n"
    filler.size = len(comment)
    with packed.open("wb") as out:
        for number in range(600):
            made = info(str(number), size=1)
            out.write(filler.tobuf(tarfile.GNU_FORMAT) + comment + made.tobuf(tarfile.GNU_FORMAT) + b"x" + bytes(511))
        out.write(bytes(1024))
    passes(tmp_path, packed, 600, workers, 200)


def sample() -> bytes:
    return tar(
        (info("usr", tarfile.DIRTYPE), b""),
        (info("usr/bin/x"), b"x" * 1500),
        (info("usr/lnk", tarfile.SYMTYPE, "bin/x"), b""),
        (info("y"), b"y"),
    )


@both_ways
@pytest.mark.parametrize("how", ["none", *BOMBS])
def test_truncated_at_every_block(tmp_path: pathlib.Path, how: str, refusal: Refusal) -> None:
    plain = sample()
    plain = plain[: plain.rindex(b"y") + 512 + 512 - plain.rindex(b"y") % 512 + 512]
    data = plain if how == "none" else BOMBS[how](plain)
    end = len(plain) - 1024 if how == "none" else len(data) - 1
    for cut in range(0, end, 512 if how == "none" else 7):
        message = str(refusal(tmp_path, data[:cut]))
        assert "truncated" in message or "ends after" in message or "broken" in message, cut


@both_ways
def test_a_truncated_deb(tmp_path: pathlib.Path, refusal: Refusal) -> None:
    data = deb(sample())
    for cut in range(0, len(data) - 512 * 19, 256):
        message = str(refusal(tmp_path, data[:cut], UnpackSpec("deb")))
        assert any(word in message for word in ("truncated", "ends after", "not an `ar` archive", "the package has no")), cut


def test_flipped_bits_never_crash(tmp_path: pathlib.Path) -> None:
    """Any damage of a header is an answer, not an accident."""
    data = bytearray(sample())
    store = Store(str(tmp_path / "root"))
    for place in range(0, 3072, 17):
        spoiled = bytearray(data)
        spoiled[place] ^= 0x55
        try:
            with store.open_batch(workers=1) as batch:
                batch.put(io.BytesIO(bytes(spoiled)), TAR, "x", str(place))
                batch.commit()
        except Rejected:
            pass


def test_what_is_honest_passes(tmp_path: pathlib.Path) -> None:
    """The other side of the door: names that only differ in case, absolute link targets, set-user-id bits, hard links inside."""
    sticky = info("usr/bin/su")
    sticky.mode = 0o4755
    data = tar(
        (info("xt_MARK.h"), b"a"), (info("xt_mark.h"), b"b"), (info("etc/mtab", tarfile.SYMTYPE, "/proc/mounts"), b""), (sticky, b"su"),
        (info("hard", tarfile.LNKTYPE, "./usr/bin/su"), b""), (info("caf\u00e9"), b"x"), (info(b"\xff".decode("utf-8", "surrogateescape")), b"x"),
    )  # fmt: skip
    told = []
    store = Store(str(tmp_path / "root"), report=told.append)
    with store.open_batch() as batch:
        batch.put(io.BytesIO(data), TAR, "good", "1")
        ((name, _),) = batch.commit()
    top = pathlib.Path(store.path(name))
    assert (top / "usr/bin/su").stat().st_mode & 0o7777 == 0o555
    assert (top / "hard").stat().st_ino == (top / "usr/bin/su").stat().st_ino
    assert any("`usr/bin/su`" in str(event) for event in told)
    manifest = store.read_manifest(name)
    assert manifest is not None
    assert manifest.digest() == name.digest
    assert len(manifest.entries) == 10
