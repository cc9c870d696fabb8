"""A batch: all of its trees become visible, or none."""

import pathlib

import pytest
from toy_store import make_tar

from nipsys.model.digest import blake3_of
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.tree import File, Tree
from nipsys.store.trees import Store


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
