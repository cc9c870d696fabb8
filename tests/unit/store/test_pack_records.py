"""The records in a pack: which artifacts its trees were made of, so that they need not be fetched."""

import io
import pathlib

import pytest
from toy_store import make_tar, pack_trees, put_files

from nipsys.effects.disk import RealDisk
from nipsys.model.digest import to_canonical_json
from nipsys.model.problem import Rejected
from nipsys.model.system.tree import TreeName
from nipsys.store.artifacts import encode_record, read_dropped_bits, read_record
from nipsys.store.pack.read import read_pack
from nipsys.store.pack.write import PackHeader
from nipsys.store.paths import ARTIFACTS
from nipsys.store.trees import Store

FILES = {"bin/a": b"aaa", "bin/b": b"bbb", "licence": b"same", "share/x/y": b"deep"}


def test_artifacts_of_unpacked_trees_need_not_be_fetched(tmp_path: pathlib.Path) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a, b = put_files(here, "a", FILES), put_files(here, "b", {"x": b"x"})
    read_pack(there, io.BytesIO(pack_trees(here, a)))
    assert there.find("x:a") == a
    assert there.find("x:b") is None, "its tree was not in the pack"
    read_pack(there, io.BytesIO(pack_trees(here, a, b)))
    assert there.find("x:b") == b
    assert pack_trees(there, a, b) == pack_trees(here, a, b), "the same bytes from either machine"


def test_existing_records_are_kept(tmp_path: pathlib.Path) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a, mine = put_files(here, "a", FILES), put_files(there, "a", {"other": b"bytes"})
    read_pack(there, io.BytesIO(pack_trees(here, a)))
    assert there.find("x:a") == mine


@pytest.mark.parametrize("record", ["../evil", ".new-1", "a/b"])
def test_a_record_with_an_invalid_name_is_refused(tmp_path: pathlib.Path, record: str) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a = put_files(here, "a", FILES)
    row = [record, a.digest, a.name, a.version]
    header = to_canonical_json({"format": 1, "trees": [[a.directory, a.digest]], "generation": "", "base": [], "artifacts": [row]})
    made = make_tar({"pack.json": header, f"manifests/{a.digest.partition(':')[2]}": here.read_manifest(a).to_text()})  # type: ignore[union-attr]
    with pytest.raises(Rejected) as caught:
        read_pack(there, made)
    assert "is not a record" in str(caught.value)
    assert there.disk.list_entries(ARTIFACTS) == []
    assert there.list_directories() == ()


def test_a_record_of_another_tree_is_refused(tmp_path: pathlib.Path) -> None:
    here, there = Store(str(tmp_path / "here")), Store(str(tmp_path / "there"))
    a, b = put_files(here, "a", FILES), put_files(here, "b", {"x": b"x"})
    row = ["x-b", b.digest, b.name, b.version]
    header = to_canonical_json({"format": 1, "trees": [[a.directory, a.digest]], "generation": "", "base": [], "artifacts": [row]})
    with pytest.raises(Rejected):
        read_pack(there, make_tar({"pack.json": header, f"manifests/{a.digest.partition(':')[2]}": here.read_manifest(a).to_text()}))  # type: ignore[union-attr]


def test_a_header_without_records_is_read() -> None:
    assert PackHeader.parse(to_canonical_json({"format": 1, "trees": [], "generation": "", "base": []})).artifacts == ()


def test_a_record_keeps_paths_of_any_bytes(tmp_path: pathlib.Path) -> None:
    name = TreeName("blake3:" + "0" * 64, "x", "1")
    (tmp_path / "a").write_bytes(encode_record(name, ("bin/caf\udce9", 'bin/"x"')))
    with RealDisk(str(tmp_path)) as disk:
        assert read_record(disk, "a") == name
        assert read_dropped_bits(disk, "a") == ("bin/caf\udce9", 'bin/"x"')
