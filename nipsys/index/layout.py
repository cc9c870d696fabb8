r"""The bytes of an index file.

::

    "nipsys-index 1\n\0"   16 bytes
    details               one row a record, in the order the source gave them
    sections              arrays of unsigned 32-bit integers (little end first) and texts, each at a multiple of 8
    header                JSON: where each section stands, the snapshot, counts
    position of the header, unsigned 64 bits

The header comes last so that a writer needs no seeking and no memory for the details.
"""

import json
import struct
import sys
from array import array
from collections.abc import Iterable

from nipsys.model.typed import BinaryIO

MAGIC = b"nipsys-index 1\n\0"
FIELD = "\x1f"
"""Stands between the fields of a detail row."""
ITEM = "\x1e"
"""Stands between the items of one field."""
PAIR = "\x1d"
"""Stands between a fact's key and its value."""
_CONTROLS = {ord(mark): " " for mark in (FIELD, ITEM, PAIR)}
FIELDS = 8


class Damaged(ValueError):  # noqa: N818 - an answer about a file, not a fault of the program
    """The bytes are not an index of this version."""


def row(fields: Iterable[str]) -> str:
    """Join the fields of a detail row; hostile texts that hold a separator lose it."""
    values = tuple(fields)
    text = FIELD.join(values)
    if text.count(FIELD) != FIELDS - 1 or "\n" in text:
        text = FIELD.join(value.replace(FIELD, " ").replace("\n", " ") for value in values)
    return text


def items(values: Iterable[str]) -> str:
    """Join the items of one field; a separator inside an item becomes a space."""
    return ITEM.join(value.translate(_CONTROLS) for value in values)


class Writer:
    """Appends to a binary file and remembers where the sections stand."""

    def __init__(self, file: BinaryIO) -> None:
        """Start the file with the magic bytes; ``file`` needs only ``write``."""
        self._file = file
        self._sections: dict[str, tuple[int, int]] = {}
        self.position = file.write(MAGIC)

    def append(self, data: bytes | bytearray) -> int:
        """Write bytes and give the position after them."""
        self._file.write(data)
        self.position += len(data)
        return self.position

    def numbers(self, name: str, values: "array[int]") -> None:
        """Write a section of unsigned 32-bit integers."""
        if sys.byteorder == "big":
            values = array("I", values)
            values.byteswap()
        self.text(name, values.tobytes())

    def text(self, name: str, data: bytes | bytearray) -> None:
        """Write a section of bytes."""
        self.append(bytes(-self.position % 8))
        start = self.position
        self._sections[name] = (start, len(data))
        self.append(data)

    def finish(self, header: dict[str, object]) -> None:
        """Write the header with the places of all sections; the file is complete."""
        start = self.position
        self.append(json.dumps({**header, "sections": self._sections}, separators=(",", ":"), sort_keys=True).encode())
        self.append(struct.pack("<Q", start))


def header(buffer: memoryview) -> dict[str, object]:
    """Read and check the header; ``Damaged`` when the bytes are cut short or not an index."""
    if len(buffer) < len(MAGIC) + 8 or buffer[: len(MAGIC)].tobytes() != MAGIC:
        raise Damaged("not an index of this version")
    start = struct.unpack("<Q", buffer[-8:])[0]
    try:
        value = json.loads(bytes(buffer[start:-8]))
        fits = all(place >= 0 and place + length <= start for place, length in value["sections"].values())
    except (ValueError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise Damaged("the index is cut short or damaged")
    return dict(value)
