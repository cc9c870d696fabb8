"""Deduplication: equal files become hard links of one."""

import pathlib

from toy_store import Filled

from nipsys.store.maintenance.dedupe import deduplicate
from nipsys.store.maintenance.verify import verify_trees


def test_only_equal_files_are_linked(filled: Filled) -> None:
    store, (a, b, _) = filled
    one, two = (pathlib.Path(store.path(name)) / "licence" for name in (a, b))
    assert one.stat().st_ino != two.stat().st_ino
    done = deduplicate(store)
    assert (done.files, done.size) == (1, 4)
    assert one.stat().st_ino == two.stat().st_ino
    assert deduplicate(store).files == 0
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}
