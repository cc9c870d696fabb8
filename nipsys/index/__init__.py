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

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.index.file_layout import DamagedIndex
    from nipsys.index.flags import FlagAlternative, FlagRequest, FlagValues, format_flag, parse_flag_values
    from nipsys.index.reader import Index
    from nipsys.index.write import BuildReport, write_index
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "file_layout": ("DamagedIndex",),
            "flags": ("FlagAlternative", "FlagRequest", "FlagValues", "format_flag", "parse_flag_values"),
            "reader": ("Index",),
            "write": ("BuildReport", "write_index"),
        },
    )

__all__ = [
    "BuildReport",
    "DamagedIndex",
    "FlagAlternative",
    "FlagRequest",
    "FlagValues",
    "Index",
    "format_flag",
    "parse_flag_values",
    "write_index",
]
