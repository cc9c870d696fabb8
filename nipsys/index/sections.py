"""Write the sections of an index file one after the other, then the header with their positions."""

import sys
from array import array
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from nipsys.index.file_layout import MAGIC, format_header


class SectionWriter:
    """Appends to a binary file and remembers the positions of the sections."""

    def __init__(self, file: BinaryIO) -> None:
        """Start the file with the magic bytes; ``file`` needs only ``write``."""
        self._file = file
        self._sections: dict[str, tuple[int, int]] = {}
        self.position = file.write(MAGIC)

    def append(self, data: bytes | bytearray) -> int:
        """Write bytes and return the position after them."""
        self._file.write(data)
        self.position += len(data)
        return self.position

    def write_numbers(self, name: str, values: "array[int]") -> None:
        """Write a section of unsigned 32-bit integers."""
        if sys.byteorder == "big":
            values = array("I", values)
            values.byteswap()
        self.write_bytes(name, values.tobytes())

    def write_bytes(self, name: str, data: bytes | bytearray) -> None:
        """Write a section of bytes."""
        self.append(bytes(-self.position % 8))
        start = self.position
        self._sections[name] = (start, len(data))
        self.append(data)

    def finish(self, facts: Mapping[str, Sequence[str]]) -> None:
        """Write the header with ``facts`` and the positions of all sections; this completes the file."""
        start = self.position
        self.append(format_header(facts, self._sections))
        self.append(start.to_bytes(8, "little"))
