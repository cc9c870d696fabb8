"""A store with two packages and a view of both."""

import os
import pathlib
from collections.abc import Iterator

import pytest
from toy_store import Filled, make_tar

from nipsys.model.digest import blake3_of
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.system.tree import Directory, TreeName
from nipsys.store.ingest.batch import LinkedEntry
from nipsys.store.trees import Store


@pytest.fixture
def filled(tmp_path: pathlib.Path) -> Iterator[Filled]:
    """Two packages that share a file, and a view of both."""
    store = Store(str(tmp_path / "here"))
    with store.open_batch() as batch:
        batch.put(make_tar({"bin/a": b"aaa", "licence": b"same"}), UnpackSpec("tar"), "a", "1", "x:a")
        batch.put(make_tar({"bin/b": os.urandom(5 << 20), "licence": b"same", "empty/.keep": b""}), UnpackSpec("tar"), "b", "1", "x:b")
        (a, _), (b, _) = batch.commit()
    view = TreeName(blake3_of(b"key"), "w", "view")
    picks = [LinkedEntry(Directory("bin"))]
    for name in (a, b):
        tree = store.read_manifest(name)
        assert tree is not None
        picks += [LinkedEntry(entry, f"{name.directory}/{entry.path}") for entry in tree.entries if entry.path.startswith("bin/")]
    with store.open_batch() as batch:
        batch.link_tree(view, picks)
        batch.commit()
    yield store, (a, b, view)
    store.disk.close()  # type: ignore[attr-defined]
