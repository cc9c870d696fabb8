"""Seekable zstd: independent frames with a table of their sizes, so that a reader can start in the middle.

Format: "Zstandard Seekable Format" 0.1.0 of the zstd project: a skippable frame at the end holds the packed and unpacked size of
every frame. Any zstd decoder reads it as plain zstd. The same input gives the same bytes.
"""

import struct
from typing import BinaryIO

_FRAME = 4 << 20
_SKIPPABLE = 0x184D2A5E
_SEEKABLE = 0x8F92EAB1
LEVEL = 3


class FrameWriter:
    """Compresses bytes into frames; ``finish`` adds the table."""

    def __init__(self, out: BinaryIO, level: int = LEVEL) -> None:
        """Write frames to ``out``, compressed at ``level``."""
        import zstandard  # noqa: PLC0415 - heavy, only here

        self._out = out
        self._compressor = zstandard.ZstdCompressor(level=level, write_checksum=True, write_content_size=True)
        self._kept = bytearray()
        self._table: list[tuple[int, int]] = []

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes."""
        self._kept += data
        while len(self._kept) >= _FRAME:
            self._frame(bytes(self._kept[:_FRAME]))
            del self._kept[:_FRAME]

    def finish(self) -> None:
        """Write the last frame, then the table."""
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


def read_frame_table(stream: BinaryIO) -> tuple[tuple[int, int], ...]:
    """Return (packed, unpacked) sizes in bytes of all frames of a seekable file; ``ValueError`` when it has no table."""
    end = stream.seek(0, 2)
    if end < 17:
        raise ValueError("the file is too short for a frame table")
    stream.seek(end - 9)
    count, flags, magic = struct.unpack("<IBI", stream.read(9))
    if magic != _SEEKABLE or flags or end < 17 + 8 * count:
        raise ValueError("the file has no frame table at its end")
    stream.seek(end - 9 - 8 * count)
    table = stream.read(8 * count)
    return tuple(struct.unpack_from("<II", table, 8 * place) for place in range(count))
