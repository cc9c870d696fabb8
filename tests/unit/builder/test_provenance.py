"""Records of builds: found by key, label and tree; never half written; labels with one file name are kept apart."""

import os
from pathlib import Path

import pytest

from nipsys.builder.output.provenance import BuildRecord, BuildRecords, Witness

WITNESS = Witness("2026-01-01T00:00:00Z", 1000, 1, False, 0.5, "blake3:" + "0" * 64)


def record(label: str, key: str = "1") -> BuildRecord:
    return BuildRecord(
        "blake3:" + key * 64, label.split(maxsplit=1)[0].rpartition("/")[2], "1", "", label, (), "", "x86_64", "blake3:" + key * 64, "d", 1, 1, 1,
        (), (), (), (), (), (), 0,
    )  # fmt: skip


def put(records: BuildRecords, label: str, key: str) -> BuildRecord:
    one = record(label, key)
    records.write(one)
    records.set_label(label, one.key)
    return one


def test_a_record_is_found_by_key_label_and_tree(tmp_path: Path) -> None:
    records = BuildRecords(str(tmp_path / "records"))
    assert (records.read("blake3:1"), records.find("hello"), records.list_labels(), records.find_by_tree("t")) == (None, None, (), None)
    one = put(records, "hello", "1")
    assert records.read(one.key) == records.find("hello") == records.find_by_tree(one.tree) == one
    assert records.add_witness(one.key, WITNESS).witnesses == (WITNESS,)
    assert (tmp_path / "records/names/hello").read_text() == one.key  # the format of before


def test_labels_with_one_file_name_are_kept_apart(tmp_path: Path) -> None:
    records = BuildRecords(str(tmp_path / "records"))
    first, second = put(records, "app/a_b +x", "1"), put(records, "app_a/b +x", "2")
    third = put(records, "app_a_b +x", "3")
    assert [records.find(label) for label in ("app/a_b +x", "app_a/b +x", "app_a_b +x")] == [first, second, third]
    assert records.find("app_a_b") is None
    assert "app_a/b +x" in records.list_labels()
    newer = put(records, "app/a_b +x", "4")
    assert [records.find(label) for label in ("app/a_b +x", "app_a/b +x")] == [newer, second]


def test_a_label_of_before_that_was_overwritten_is_not_another_build(tmp_path: Path) -> None:
    records = BuildRecords(str(tmp_path / "records"))
    put(records, "app/a_b", "1")
    assert records.find("app_a/b") is None


def test_a_write_that_fails_leaves_the_record_and_no_label_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = BuildRecords(str(tmp_path / "records"))
    one = put(records, "hello", "1")
    synced: list[int] = []

    def fail(descriptor: int) -> None:
        synced.append(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    for write in (lambda: records.add_witness(one.key, WITNESS), lambda: records.set_label("hello", "blake3:2")):
        with pytest.raises(OSError, match="No space"):
            write()
    assert len(synced) == 2  # synced before they replace what was there
    assert records.find("hello") == one
    (tmp_path / "records/names/.hello.new").write_text("left by a killed process")
    assert records.list_labels() == ("hello",)
