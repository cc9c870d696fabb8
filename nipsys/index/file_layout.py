r"""The bytes of an index file.

::

    "nipsys-index 3\n\0"   16 bytes
    details               one row per record, in the order of the source
    sections              arrays of unsigned 32-bit integers (little endian) and texts, each aligned to 8 bytes
    header                one line per fact, its name and items: the snapshot, counts, offset and length of each section
    position of the header, unsigned 64 bits (little endian)

The header comes last so that a writer needs no seeking and no memory for the details.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

MAGIC = b"nipsys-index 3\n\0"
FIELD = "\x1f"
"""Separates the fields of a detail row."""
ITEM = "\x1e"
"""Separates the items of one field."""
PAIR = "\x1d"
"""Separates a fact's key from its value."""
_CONTROLS = {ord(mark): " " for mark in (FIELD, ITEM, PAIR)}
_BREAKS = {ord(FIELD): " ", ord("\n"): " "}
_SECTION = "@"
"""Prefix of the name of a section in the header."""
FIELD_COUNT = 8
STAMP_SIZE = 16
"""Bytes of a stamp, by which a record is recognised in an earlier index."""


class IndexBytes(Protocol):
    """The bytes of an index: a read-only map of its file, or ``bytes``."""

    def __buffer__(self, flags: int, /) -> memoryview:
        """Return a view (PEP 688)."""

    def find(self, sub: bytes, start: int, /) -> int:
        """Return the position of ``sub`` at or after ``start``, -1 when there is none."""


class DamagedIndex(ValueError):  # noqa: N818 - a result about a file, not a fault of the program
    """The bytes are not an index of this version."""


def format_row(fields: Iterable[str]) -> str:
    """Join the fields of a detail row; separators inside hostile texts become spaces."""
    values = tuple(fields)
    text = FIELD.join(values)
    if text.count(FIELD) != FIELD_COUNT - 1 or "\n" in text:
        text = FIELD.join(value.replace(FIELD, " ").replace("\n", " ") for value in values)
    return text


def join_items(values: Iterable[str]) -> str:
    """Join the items of one field; a separator inside an item becomes a space."""
    return ITEM.join(value.translate(_CONTROLS) for value in values)


class Header(NamedTuple):
    """The parsed header, at the end of an index file."""

    entries: dict[str, list[str]]
    """The items of each fact."""
    sections: dict[str, tuple[int, int]]
    """Start and length of each section, in bytes."""

    def number(self, name: str) -> int:
        """Return a fact that consists of one number."""
        return int(self.entries[name][0])


def format_header(entries: Mapping[str, Sequence[str]], sections: Mapping[str, tuple[int, int]]) -> bytes:
    """Return a header as bytes."""
    lines = [*entries.items(), *((f"{_SECTION}{name}", (str(start), str(length))) for name, (start, length) in sections.items())]
    return "\n".join(FIELD.join((name, *(item.translate(_BREAKS) for item in items))) for name, items in lines).encode(
        "utf-8", "surrogatepass"
    )


def read_header(buffer: memoryview) -> Header:
    """Read and check the header; raise ``DamagedIndex`` when the bytes are truncated or not an index of this version."""
    if len(buffer) < len(MAGIC) + 8 or buffer[: len(MAGIC)] != MAGIC:
        raise DamagedIndex("not an index of this version")
    start = int.from_bytes(buffer[-8:], "little")
    try:
        lines = [line.split(FIELD) for line in str(buffer[start:-8], "utf-8", "surrogatepass").split("\n")]
        entries = {name: items for name, *items in lines}
        sections = {name[1:]: (int(items[0]), int(items[1])) for name, items in entries.items() if name.startswith(_SECTION)}
    except (ValueError, IndexError):
        sections = {}
    if not sections or not all(0 <= place <= place + length <= start for place, length in sections.values()):
        raise DamagedIndex("the index is truncated or damaged")
    return Header(entries, sections)
