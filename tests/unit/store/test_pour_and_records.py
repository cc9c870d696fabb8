"""Repair where names cannot be swapped; what a pack tells of the artifacts its trees came from."""

import errno
import io
import os
import pathlib
import tarfile

import pytest

from nipsys.effects.disk.faulty import FaultPlan, FaultyDisk, Killed
from nipsys.effects.disk.port import Disk, RealDisk
from nipsys.effects.disk.simulated import SimulatedDisk
from nipsys.model.digest import to_canonical_json
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.tree import TreeName
from nipsys.store.artifacts import encode_record, read_dropped_bits, read_record
from nipsys.store.maintenance.repair import ArtifactSource, repair_trees
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.pack.read import read_pack
from nipsys.store.pack.write import PackHeader, write_pack
from nipsys.store.paths import ARTIFACTS
from nipsys.store.trees import Store

FILES = {"bin/a": b"aaa", "bin/b": b"bbb", "licence": b"same", "share/x/y": b"deep"}


def archive(files: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(data), 7
            made.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


def put(store: Store, name: str, files: dict[str, bytes]) -> TreeName:
    with store.open_batch(workers=1) as batch:
        batch.put(archive(files), UnpackSpec("tar"), name, "1", f"x:{name}")
        (made,) = batch.commit()
    return made


def damage(disk: Disk, top: str) -> None:
    """Every kind: a wrong file, a lost one, a lost directory, a directory for a file, and what does not belong."""
    disk.remove(f"{top}/bin/a")
    disk.write(f"{top}/bin/a", (b"evil",))
    disk.remove(f"{top}/bin/b")
    disk.mkdir(f"{top}/bin/b")
    disk.write(f"{top}/bin/b/c", (b"evil",))
    disk.remove(f"{top}/share/x/y")
    disk.remove(f"{top}/share/x")
    disk.mkdir(f"{top}/more")
    disk.write(f"{top}/more/evil", (b"evil",))


def cannot_swap(first: str, second: str) -> None:
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def mend(store: Store, tree: TreeName) -> None:
    supply = ArtifactSource(archive(FILES), UnpackSpec("tar"), "a", "1", "x:a")
    store.remove_debris()
    done = repair_trees(store, verify_trees(store, [tree.directory]), lambda _: supply)
    assert not done.unrepaired, done.unrepaired


def test_a_tree_is_made_right_where_names_cannot_be_swapped(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    tree = put(store, "a", FILES)
    damage(store.disk, f"store/{tree.directory}")
    store.disk.exchange = cannot_swap  # type: ignore[method-assign]
    inode = os.stat(store.path(tree)).st_ino
    mend(store, tree)
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}
    assert os.stat(store.path(tree)).st_ino == inode, "the directory itself never went"


@pytest.mark.parametrize("cut", [False, True], ids=["killed", "power cut"])
def test_such_a_repair_has_no_instant_without_the_tree(cut: bool) -> None:
    """Killed before each effect: every file that was right is there and right, and the next run completes it."""
    effect = 0
    while True:
        disk = SimulatedDisk()
        store = Store("/", disk)
        tree = put(store, "a", FILES)
        damage(disk, top := f"store/{tree.directory}")
        disk.sync()
        disk.exchange = cannot_swap  # type: ignore[method-assign]
        try:
            mend(Store("/", FaultyDisk(disk, FaultPlan(crash_at=effect))), tree)
            break
        except Killed:
            effect += 1
        left = disk.after_crash(()) if cut else disk
        assert bytes(left.read(f"{top}/licence")) == b"same"
        assert bytes(left.read(f"{top}/bin/a")) in (b"evil", b"aaa")
        left.exchange = cannot_swap  # type: ignore[method-assign]
        mend(Store("/", left), tree)
        assert {checked.state for checked in verify_trees(Store("/", left))} == {"VERIFIED"}
    assert effect > 20


def packed(store: Store, *trees: TreeName) -> bytes:
    out = io.BytesIO()
    write_pack(store, out, [tree.directory for tree in trees])
    return out.getvalue()


def test_a_pack_tells_what_need_not_be_fetched(tmp_path: pathlib.Path) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a, b = put(here, "a", FILES), put(here, "b", {"x": b"x"})
    read_pack(there, io.BytesIO(packed(here, a)))
    assert there.find("x:a") == a
    assert there.find("x:b") is None, "its tree was not in the pack"
    read_pack(there, io.BytesIO(packed(here, a, b)))
    assert there.find("x:b") == b
    assert packed(there, a, b) == packed(here, a, b), "the same bytes from either machine"


def test_paths_of_any_bytes_are_remembered(tmp_path: pathlib.Path) -> None:
    name = TreeName("blake3:" + "0" * 64, "x", "1")
    (tmp_path / "a").write_bytes(encode_record(name, ("bin/caf\udce9", 'bin/"x"')))
    with RealDisk(str(tmp_path)) as disk:
        assert read_record(disk, "a") == name
        assert read_dropped_bits(disk, "a") == ("bin/caf\udce9", 'bin/"x"')


def test_a_store_believes_its_own_records_first(tmp_path: pathlib.Path) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a, mine = put(here, "a", FILES), put(there, "a", {"other": b"bytes"})
    read_pack(there, io.BytesIO(packed(here, a)))
    assert there.find("x:a") == mine


@pytest.mark.parametrize("record", ["../evil", ".new-1", "a/b"])
def test_a_record_that_climbs_out_is_refused(tmp_path: pathlib.Path, record: str) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a = put(here, "a", FILES)
    row = [record, a.digest, a.name, a.version]
    header = to_canonical_json({"format": 1, "trees": [[a.directory, a.digest]], "generation": "", "base": [], "artifacts": [row]})
    made = archive({"pack.json": header, f"manifests/{a.digest.partition(':')[2]}": here.read_manifest(a).to_text()})  # type: ignore[union-attr]
    with pytest.raises(Rejected) as caught:
        read_pack(there, made)
    assert "is not a record" in str(caught.value)
    assert there.disk.list_entries(ARTIFACTS) == []
    assert there.list_directories() == ()


def test_a_record_of_another_tree_is_refused(tmp_path: pathlib.Path) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a, b = put(here, "a", FILES), put(here, "b", {"x": b"x"})
    row = ["x-b", b.digest, b.name, b.version]
    header = to_canonical_json({"format": 1, "trees": [[a.directory, a.digest]], "generation": "", "base": [], "artifacts": [row]})
    with pytest.raises(Rejected):
        read_pack(there, archive({"pack.json": header, f"manifests/{a.digest.partition(':')[2]}": here.read_manifest(a).to_text()}))  # type: ignore[union-attr]


def test_a_header_without_records_is_read() -> None:
    assert PackHeader.parse(to_canonical_json({"format": 1, "trees": [], "generation": "", "base": []})).artifacts == ()


def test_swapping_is_tried_first(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    tree = put(store, "a", FILES)
    damage(store.disk, f"store/{tree.directory}")
    inode = os.stat(store.path(tree)).st_ino
    assert isinstance(store.disk, RealDisk)
    mend(store, tree)
    assert os.stat(store.path(tree)).st_ino != inode
