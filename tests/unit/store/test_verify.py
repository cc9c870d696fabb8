"""Verification: modified, missing and unknown trees are found."""

import os
import pathlib

from toy_store import Filled

from nipsys.store.maintenance.verify import verify_trees


def test_quick_verification_compares_sizes_times_and_modes(filled: Filled) -> None:
    store, (a, _, view) = filled
    program = pathlib.Path(store.path(a)) / "bin/a"
    os.utime(program, (8, 8))
    assert {c.directory for c in verify_trees(store, quick=True) if c.state == "MODIFIED"} == {a.directory, view.directory}
    os.utime(program, (7, 7))
    assert {c.state for c in verify_trees(store, quick=True)} == {"VERIFIED"}


def test_trees_without_a_manifest_and_missing_trees_are_named(filled: Filled) -> None:
    store, (a, _, _) = filled
    os.unlink(os.path.join(store.layout.store, ".manifests", a.directory))
    assert [c.directory for c in verify_trees(store) if c.state == "UNKNOWN"] == [a.directory]
    assert [c.directory for c in verify_trees(store, expected={a.directory: a.digest, "gone": "x"}) if c.state == "MISSING"] == ["gone"]


def test_a_changed_manifest_is_not_trusted(filled: Filled) -> None:
    store, (a, _, _) = filled
    path = pathlib.Path(store.layout.store) / ".manifests" / a.directory
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"bin/a"', b'"bin/z"'))
    assert {c.state for c in verify_trees(store, [a.directory], expected={a.directory: a.digest})} == {"UNKNOWN"}
