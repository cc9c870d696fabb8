"""The universe of one source snapshot as one mapped file: flat arrays, every dependency already resolved.

How the app calls this::

    with open(path, "wb") as file:                      # effects decide where
        report = build(batch, file)                     # Batch -> bytes; streams, keeps no Record
    index = Index(mmap.mmap(fd, 0, access=mmap.ACCESS_READ))
    index.candidates("git")                             # range of candidate numbers, newest first
    index.record(index.candidates("git")[0])            # the Record again, location and digest included
    index.search("gi")                                  # names first, then summaries

A candidate is a number: candidates are sorted by name, newest version first, so the packages of one name
are a range. A clause is a number too: each distinct dependency text was read once, by the
ecosystem's own dialect, into the ordered list of candidates that satisfy it. Whoever reads the
index compares no versions and knows no ecosystem.
"""

from typing import TYPE_CHECKING, BinaryIO

from nipsys.index.file_layout import Damaged
from nipsys.index.reader import Index
from nipsys.model.package.record import Batch

if TYPE_CHECKING:
    from nipsys.index.write import Built

__all__ = ["Damaged", "Index", "build"]


def build(batch: Batch, file: BinaryIO, earlier: Index | None = None) -> "Built":
    """Write the index of ``batch`` to ``file`` (append only, no seeking), quicker beside an earlier one; see ``nipsys.index.write``."""
    from nipsys.index.write import build as write  # noqa: PLC0415 - readers, which are many, do without

    return write(batch, file, earlier)
