"""A batch: all of its trees become visible, or none."""

import os
import pathlib

import pytest
from toy_store import Filled, make_tar, put_files

from nipsys.model.digest import blake3_of
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.tree import File, Tree, TreeName
from nipsys.store import Store, manifest_path
from nipsys.store.ingest.batch import LinkedEntry
from nipsys.store.maintenance.verify import verify_trees


def test_wrong_bytes_for_a_known_tree_are_refused(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    tree = Tree((File("x", blake3_of(b"right").partition(":")[2], 5, False, 0),))
    with store.open_batch() as batch:
        batch.put_tree(tree, lambda _: (b"wrong",), "x", "1")
        with pytest.raises(Rejected, match="does not have the digest"):
            batch.commit()
    assert store.list_directories() == ()


def test_one_bad_artifact_rejects_the_batch_and_all_are_named(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    with store.open_batch() as batch:
        batch.put(make_tar({"good": b"x"}), UnpackSpec("tar"), "good", "1")
        batch.put(make_tar({"../a": b"x"}), UnpackSpec("tar"), "evil", "1")
        batch.put(make_tar({"/b": b"x"}), UnpackSpec("tar"), "evil", "2")
        with pytest.raises(Rejected) as caught:
            batch.commit()
    assert len(caught.value.problems) == 2
    assert store.list_directories() == ()
    assert store.remove_debris() == 0


@pytest.mark.parametrize("forgotten", [True, False], ids=["without a manifest", "with its manifest"])
def test_an_existing_tree_is_kept_only_with_its_manifest(tmp_path: pathlib.Path, forgotten: bool) -> None:
    """Without one, nobody can say what a tree contains: the new tree takes its place."""
    store = Store(str(tmp_path))
    name = put_files(store, "a", {"bin/x": b"right"})
    inode = os.stat(store.path(name)).st_ino
    if forgotten:
        store.disk.remove(manifest_path(name.directory))
        pathlib.Path(store.path(name), "bin/extra").write_text("from who knows where")
    assert put_files(store, "a", {"bin/x": b"right"}) == name
    assert (os.stat(store.path(name)).st_ino != inode) == forgotten
    assert os.listdir(f"{store.path(name)}/bin") == ["x"]
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}


def test_a_tree_of_another_artifact_than_expected_is_refused(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    with store.open_batch() as batch:
        batch.put(make_tar({"x": b"new"}), UnpackSpec("tar"), "a", "1")
        with pytest.raises(Rejected, match="now gives a different tree"):
            batch.commit(only="0-a-1")
    assert store.list_directories() == ()


def test_a_batch_returns_the_trees_as_their_manifests_have_them(filled: Filled) -> None:
    store, (one, *_) = filled
    content = {"known": b"a text"}
    known = Tree((File("known", blake3_of(content["known"]).partition(":")[2], 6, False, 0),))
    with store.open_batch() as batch:
        batch.put(make_tar({"usr/x": b"x"}), UnpackSpec("tar"), "unpacked", "1")
        batch.put_tree(known, lambda entry: (content[entry.path],), "known", "1")
        link = LinkedEntry(File("a", blake3_of(b"aaa").partition(":")[2], 3, False, 0), f"{one.directory}/bin/a")
        batch.link_tree(TreeName(blake3_of(b"other key"), "linked", "1"), (link,))
        room = pathlib.Path(batch.make_directory())
        (room / "adopted").write_bytes(b"here")
        batch.adopt(str(room), "adopted", "1")
        made = batch.commit()
    assert [name.name for name, _ in made] == ["unpacked", "known", "linked", "adopted"]
    for name, tree in made:
        assert tree == store.read_manifest(name)
        assert tree.entries
