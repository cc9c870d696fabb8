"""Zstandard in independent frames with a table of where each begins, so that a reader can start in the middle.

Format: "Zstandard Seekable Format" 0.1.0 of the zstd project: a skippable frame at the end holds the packed and unpacked size of
every frame. Any zstd reads it as plain zstd. The same input gives the same bytes.
"""

import struct
from typing import BinaryIO

_FRAME = 4 << 20
_SKIPPABLE = 0x184D2A5E
_SEEKABLE = 0x8F92EAB1
LEVEL = 3


class FrameWriter:
    """A file to write to; ``finish`` adds the table."""

    def __init__(self, out: BinaryIO, level: int = LEVEL) -> None:
        """Write frames to ``out``."""
        import zstandard  # noqa: PLC0415 - heavy, only here

        self._out = out
        self._compressor = zstandard.ZstdCompressor(level=level, write_checksum=True, write_content_size=True)
        self._kept = bytearray()
        self._table: list[tuple[int, int]] = []

    def write(self, data: bytes | memoryview) -> None:
        """Take more bytes."""
        self._kept += data
        while len(self._kept) >= _FRAME:
            self._frame(bytes(self._kept[:_FRAME]))
            del self._kept[:_FRAME]

    def finish(self) -> None:
        """Write what is left, then the table."""
        if self._kept or not self._table:
            self._frame(bytes(self._kept))
            self._kept.clear()
        table = b"".join(struct.pack("<II", packed, plain) for packed, plain in self._table)
        footer = struct.pack("<IBI", len(self._table), 0, _SEEKABLE)
        self._out.write(struct.pack("<II", _SKIPPABLE, len(table) + len(footer)) + table + footer)

    def _frame(self, plain: bytes) -> None:
        packed = self._compressor.compress(plain)
        self._out.write(packed)
        self._table.append((len(packed), len(plain)))


def frame_table(stream: BinaryIO) -> tuple[tuple[int, int], ...]:
    """Give (packed, plain) sizes of all frames of a file that can seek; ``ValueError`` when it has no table."""
    end = stream.seek(0, 2)
    if end < 17:
        raise ValueError("too short for a table of frames")
    stream.seek(end - 9)
    count, flags, magic = struct.unpack("<IBI", stream.read(9))
    if magic != _SEEKABLE or flags or end < 17 + 8 * count:
        raise ValueError("no table of frames at the end")
    stream.seek(end - 9 - 8 * count)
    table = stream.read(8 * count)
    return tuple(struct.unpack_from("<II", table, 8 * place) for place in range(count))
