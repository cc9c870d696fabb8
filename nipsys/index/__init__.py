"""The index of one source snapshot as one mapped file: flat arrays, every dependency already matched with its candidates.

The caller decides where it is written, and how it is mapped::

    >>> import mmap
    >>> from nipsys.index import Index, write_index
    >>> from nipsys.model.package import PackageRecord, Snapshot, SourceRecords
    >>> from nipsys.sources.debian.dialect import DebianDialect
    >>> git = [PackageRecord("git", version, "amd64", summary="version control") for version in ("2.39", "2.47")]
    >>> with open("index", "wb") as file:
    ...     report = write_index(SourceRecords(Snapshot("debian", "sha256:0"), DebianDialect("amd64"), git), file)
    >>> with open("index", "rb") as file:
    ...     index = Index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    >>> [index.record(number).version for number in index.candidates("git")]
    ['2.47', '2.39']
    >>> [index.name_of(number) for number in index.search("version")]
    ['git']

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
