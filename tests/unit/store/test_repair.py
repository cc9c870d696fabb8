"""Repair of wrong trees: from intact trees, from artifacts, and in place where names cannot be exchanged."""

import errno
import os
import pathlib

import pytest
from toy_store import Filled, make_tar, put_files

from nipsys.effects.disk import Disk, RealDisk
from nipsys.effects.disk.faulty import FaultPlan, FaultyDisk, Killed
from nipsys.effects.disk.simulated import SimulatedDisk
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.system.tree import TreeName
from nipsys.store.maintenance.repair import ArtifactSource, repair_trees
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.trees import Store


def test_a_view_is_repaired_from_intact_trees(filled: Filled) -> None:
    store, (_, _, view) = filled
    program = pathlib.Path(store.path(view)) / "bin/a"
    program.unlink()
    program.write_text("evil")
    (program.parent / "extra").mkdir()
    found = verify_trees(store)
    assert [(checked.directory, checked.paths) for checked in found if checked.state != "VERIFIED"] == [
        (view.directory, ("bin/a", "bin/extra"))
    ]
    done = repair_trees(store, found, lambda _: None)
    assert done.directories == (view.directory,)
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}


def test_an_inode_that_tree_and_view_share_is_repaired_in_both(filled: Filled) -> None:
    """Damage through a hard link hits every tree that has it; only the artifact can help."""
    store, (a, _, view) = filled
    program = pathlib.Path(store.path(a)) / "bin/a"
    program.chmod(0o644)
    program.write_text("bad")
    found = verify_trees(store)
    assert {c.directory for c in found if c.state == "MODIFIED"} == {a.directory, view.directory}
    nothing = repair_trees(store, found, lambda _: None)
    assert nothing.directories == ()
    assert len(nothing.unrepaired) == 2
    from nipsys.store.maintenance.repair import ArtifactSource

    supplies = {a.directory: ArtifactSource(make_tar({"bin/a": b"aaa", "licence": b"same"}), UnpackSpec("tar"), "a", "1", "x:a")}
    done = repair_trees(store, found, supplies.get)
    assert set(done.directories) == {a.directory, view.directory}
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}


def test_a_changed_artifact_repairs_nothing(filled: Filled) -> None:
    store, (a, _, _) = filled
    (pathlib.Path(store.path(a)) / "licence").unlink()
    from nipsys.store.maintenance.repair import ArtifactSource

    supplies = {a.directory: ArtifactSource(make_tar({"bin/a": b"other"}), UnpackSpec("tar"), "a", "1", "x:a")}
    done = repair_trees(store, verify_trees(store), supplies.get)
    assert done.directories == ()
    assert "now gives a different tree" in done.unrepaired[0].message


FILES = {"bin/a": b"aaa", "bin/b": b"bbb", "licence": b"same", "share/x/y": b"deep"}


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


def refuse_exchange(first: str, second: str) -> None:
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def repair_from_artifact(store: Store, tree: TreeName) -> None:
    supply = ArtifactSource(make_tar(FILES), UnpackSpec("tar"), "a", "1", "x:a")
    store.remove_debris()
    done = repair_trees(store, verify_trees(store, [tree.directory]), lambda _: supply)
    assert not done.unrepaired, done.unrepaired


def test_a_tree_is_exchanged_where_that_is_possible(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    tree = put_files(store, "a", FILES)
    damage(store.disk, f"store/{tree.directory}")
    inode = os.stat(store.path(tree)).st_ino
    assert isinstance(store.disk, RealDisk)
    repair_from_artifact(store, tree)
    assert os.stat(store.path(tree)).st_ino != inode


def test_a_tree_is_repaired_in_place_where_names_cannot_be_exchanged(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    tree = put_files(store, "a", FILES)
    damage(store.disk, f"store/{tree.directory}")
    store.disk.exchange = refuse_exchange  # type: ignore[method-assign]
    inode = os.stat(store.path(tree)).st_ino
    repair_from_artifact(store, tree)
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}
    assert os.stat(store.path(tree)).st_ino == inode, "the directory itself never went"


@pytest.mark.parametrize("cut", [False, True], ids=["killed", "power cut"])
def test_a_killed_repair_in_place_keeps_intact_files(cut: bool) -> None:
    """Killed before each effect: every file that was right is there and right, and the next run completes it."""
    effect = 0
    while True:
        disk = SimulatedDisk()
        store = Store("/", disk)
        tree = put_files(store, "a", FILES)
        damage(disk, top := f"store/{tree.directory}")
        disk.sync()
        disk.exchange = refuse_exchange  # type: ignore[method-assign]
        try:
            repair_from_artifact(Store("/", FaultyDisk(disk, FaultPlan(crash_at=effect))), tree)
            break
        except Killed:
            effect += 1
        left = disk.after_crash(()) if cut else disk
        assert bytes(left.read(f"{top}/licence")) == b"same"
        assert bytes(left.read(f"{top}/bin/a")) in (b"evil", b"aaa")
        left.exchange = refuse_exchange  # type: ignore[method-assign]
        repair_from_artifact(Store("/", left), tree)
        assert {checked.state for checked in verify_trees(Store("/", left))} == {"VERIFIED"}
    assert effect > 20
