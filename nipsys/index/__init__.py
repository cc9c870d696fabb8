"""The index of one source snapshot as one mapped file: flat arrays, every dependency already matched with its candidates.

How the app calls this::

    with open(path, "wb") as file:                      # the caller decides where
        report = build(batch, file)                     # Batch -> bytes; streams, keeps no Record
    index = Index(mmap.mmap(fd, 0, access=mmap.ACCESS_READ))
    index.candidates("git")                             # range of candidate numbers, newest first
    index.record(index.candidates("git")[0])            # the Record, location and digest included
    index.search("gi")                                  # names first, then summaries

A candidate is a number: candidates are sorted by name, newest version first, so the packages of one name
are a range. A clause is a number too: each distinct dependency text was parsed once, by the
ecosystem's own dialect, into the ordered list of candidates that satisfy it. A reader of the
index compares no versions and knows no ecosystem.
"""

from typing import TYPE_CHECKING, BinaryIO

from nipsys.index.file_layout import DamagedIndex
from nipsys.index.reader import Index
from nipsys.model.package.record import SourceRecords

if TYPE_CHECKING:
    from nipsys.index.write import BuildReport

__all__ = ["DamagedIndex", "Index", "build_index"]


def build_index(batch: SourceRecords, file: BinaryIO, earlier: Index | None = None) -> "BuildReport":
    """Write the index of ``batch`` to ``file`` (append only, no seeking), faster with an earlier one; see ``nipsys.index.write``."""
    from nipsys.index.write import write_index as write  # noqa: PLC0415 - most runs only read

    return write(batch, file, earlier)
