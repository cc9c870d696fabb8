"""A directory filled by any means becomes a tree; files that are hard links to known ones are not read again."""

import io
import os
import pathlib
import tarfile
from collections.abc import Callable

import pytest
from disk_ways import disk_library, way  # noqa: F401 - fixtures

from nipsys.effects.disk import RealDisk
from nipsys.model.digest import blake3_of
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.tree import File
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.trees import Store


@pytest.fixture
def store(tmp_path: pathlib.Path, way: str) -> Store:  # noqa: F811
    return Store(str(tmp_path / "root"))


def package(store: Store) -> tuple[str, dict[str, File]]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in {"a": b"aaaa", "b": b"bbbb", "c": b"cccc"}.items():
            made = tarfile.TarInfo(name)
            made.size, made.mtime = 4, 1_700_000_000
            archive.addfile(made, io.BytesIO(data))
    with store.open_batch() as batch:
        batch.put(io.BytesIO(out.getvalue()), UnpackSpec("tar"), "x", "1")
        ((name, _),) = batch.commit()
    tree = store.read_manifest(name)
    assert tree is not None
    return store.path(name), {entry.path: entry for entry in tree.entries if isinstance(entry, File)}


def replace(path: str, data: bytes, mtime: int) -> None:
    os.unlink(path)
    pathlib.Path(path).write_bytes(data)
    os.utime(path, (mtime, mtime))


CHANGES: dict[str, Callable[[str], None]] = {
    "nothing": lambda room: None,
    "other bytes at the same time": lambda room: replace(f"{room}/b", b"BBBB", 1_700_000_000),
    "other bytes at another time": lambda room: replace(f"{room}/b", b"BBBB", 1_700_000_001),
    "another size": lambda room: replace(f"{room}/b", b"B", 1_700_000_000),
    "another file of the store": lambda room: (os.unlink(f"{room}/b"), os.link(f"{room}/fresh", f"{room}/b"))[0],
    "gone": lambda room: os.unlink(f"{room}/b"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_replaced_files_are_read(store: Store, change: str) -> None:
    path, known = package(store)
    with store.open_batch(workers=1) as batch:
        room = batch.make_directory()
        for name in known:
            os.link(f"{path}/{name}", f"{room}/{name}")
        pathlib.Path(f"{room}/fresh").write_bytes(b"new")
        CHANGES[change](room)
        batch.adopt(room, "v", "view", key="blake3:" + "ab" * 32, known=known)
        ((view, _),) = batch.commit()
    tree = store.read_manifest(view)
    assert tree is not None
    for entry in tree.entries:
        assert isinstance(entry, File)
        assert blake3_of(pathlib.Path(f"{store.path(view)}/{entry.path}").read_bytes()) == f"blake3:{entry.digest}"
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}


def test_known_files_are_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path, known = package(store)
    read: list[str] = []
    monkeypatch.setattr(RealDisk, "read", lambda self, path: (read.append(path), RealDisk.examine(self, path)[1])[1])
    with store.open_batch(workers=1) as batch:
        room = batch.make_directory()
        for name in known:
            os.link(f"{path}/{name}", f"{room}/{name}")
        pathlib.Path(f"{room}/fresh").write_bytes(b"new")
        batch.adopt(room, "v", "view", key="blake3:" + "ab" * 32, known=known)
        batch.commit()
    assert [os.path.basename(path) for path in read] == ["fresh"]


def test_a_directory_becomes_a_tree(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path / "root"))
    with store.open_batch() as batch:
        room = pathlib.Path(batch.make_directory())
        (room / "bin").mkdir()
        (room / "bin/x").write_text("x")
        (room / "bin/x").chmod(0o4755)
        (room / "bin/y").symlink_to("x")
        batch.adopt(str(room), "built", "1")
        ((name, _),) = batch.commit()
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}
    assert (pathlib.Path(store.path(name)) / "bin/x").stat().st_mode & 0o7777 == 0o555
    with store.open_batch() as batch:
        room = pathlib.Path(batch.make_directory())
        os.mkfifo(room / "pipe")
        batch.adopt(str(room), "evil", "1")
        with pytest.raises(Rejected, match="pipe"):
            batch.commit()
    assert store.list_directories() == (name.directory,)
