"""The example of the reference, ``docs/reference/lock.md``, is a lock."""

import re
from pathlib import Path

from nipsys.lock import read_lock

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "lock.md").read_text(encoding="utf-8")


def test_the_example_lock_is_read() -> None:
    (text,) = re.findall(r"(?ms)^```kdl lock\n(.*?)^```$", PAGE)
    assert [package.id for package in read_lock(text, "starter.lock.kdl").packages] == ["debian/libc6", "debian/tree"]
