"""Packs: equal for equal trees, readable by tar, and refused whole when one byte is wrong."""

import io
import pathlib
import subprocess

import pytest
from toy_store import Filled, make_tar, pack_trees

from nipsys.model.digest import blake3_of
from nipsys.model.problem import Rejected
from nipsys.model.system.tree import File, Tree, TreeName
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.pack.read import read_pack
from nipsys.store.pack.write import PackHeader
from nipsys.store.trees import Store


def test_equal_trees_give_equal_packs_that_tar_reads(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    data = pack_trees(store, *names, generation=b"{}")
    assert data == pack_trees(store, *names[::-1], generation=b"{}")
    (tmp_path / "x.tar.zst").write_bytes(data)
    listed = subprocess.run(
        ["tar", "--zstd", "-tf", str(tmp_path / "x.tar.zst")], capture_output=True, text=True, check=True
    ).stdout.split()
    assert listed[:2] == ["pack.json", "generation.json"]
    assert len([name for name in listed if name.startswith("objects/")]) == 4  # one content is there once
    from nipsys.store.streams.seekable import read_frame_table

    table = read_frame_table(io.BytesIO(data))
    assert len(table) == 2
    import zstandard

    packed_size, plain_size = table[0]
    tail = zstandard.ZstdDecompressor().decompress(data[packed_size : packed_size + table[1][0]])
    assert len(tail) == table[1][1] < plain_size


def test_an_unpacked_pack_gives_the_same_trees(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    other = Store(str(tmp_path / "there"))
    done = read_pack(other, io.BytesIO(pack_trees(store, *names)))
    assert sorted(done.added) == sorted(name.directory for name in names)
    assert {checked.state for checked in verify_trees(other)} == {"VERIFIED"}
    for name in names:
        assert other.read_manifest(name) == store.read_manifest(name)
    program = pathlib.Path(other.path(names[2])) / "bin/b"
    assert program.stat().st_ino == (pathlib.Path(other.path(names[1])) / "bin/b").stat().st_ino
    assert read_pack(other, io.BytesIO(pack_trees(store, *names))).added == ()


def test_a_differential_pack_needs_its_base(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, (a, b, view) = filled
    less = pack_trees(store, a, b, view, base=[b.directory])
    assert len(less) < 100_000
    other = Store(str(tmp_path / "there"))
    with pytest.raises(Rejected, match="3 contents are missing"):
        read_pack(other, io.BytesIO(less))
    assert other.list_directories() == ()
    read_pack(other, io.BytesIO(pack_trees(store, b)))
    read_pack(other, io.BytesIO(less))
    assert {checked.state for checked in verify_trees(other)} == {"VERIFIED"}


def test_a_pack_with_wrong_bytes_is_refused(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    data = pack_trees(store, *names[:1])
    import zstandard

    plain = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    for spoiled in (plain.replace(b"aaa", b"aab"), plain.replace(b'"bin/a"', b'"../aa"'), plain.replace(b"-a-1", b"-../")):
        assert spoiled != plain
        other = Store(str(tmp_path / "there"))
        with pytest.raises(Rejected):
            read_pack(other, io.BytesIO(zstandard.compress(spoiled)))
        assert other.list_directories() == ()


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
def test_a_manifest_with_a_path_outside_its_tree_is_refused(tmp_path: pathlib.Path, path: str) -> None:
    evil = Tree((File(path, blake3_of(b"x").partition(":")[2], 1, False, 0),))
    header = PackHeader(((TreeName(evil.digest(), "evil", "1").directory, evil.digest()),))
    names = {
        "pack.json": header.encode(),
        f"manifests/{evil.digest().partition(':')[2]}": evil.to_text(),
        f"objects/{evil.entries[0].digest}": b"x",
    }  # type: ignore[union-attr]
    with pytest.raises(Rejected):
        read_pack(Store(str(tmp_path / "root")), make_tar(names))
    assert not (tmp_path / "x").exists()


def test_packs_are_signed_and_verified(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    signed = pack_trees(store, *names, sign=lambda text: ("key", blake3_of(text)))

    def trusted(text: bytes, key: str, signature: str) -> bool:
        return key == "key" and signature == blake3_of(text)

    other = Store(str(tmp_path / "there"))
    for data in (
        pack_trees(store, *names),
        pack_trees(store, *names, sign=lambda text: ("other", blake3_of(text))),
        pack_trees(store, *names, sign=lambda _: ("key", "x")),
    ):
        with pytest.raises(Rejected, match="signed"):
            read_pack(other, io.BytesIO(data), trusted=trusted)
        assert other.list_directories() == ()
    assert len(read_pack(other, io.BytesIO(signed), trusted=trusted).added) == 3
