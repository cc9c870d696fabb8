"""Bounded reading of byte streams, for the format readers."""

from collections.abc import Callable, Iterable, Iterator

from nipsys.effects.disk import Buffer
from nipsys.store.member import Limits, reject_damaged, reject_hostile

_PART = 1 << 20


class BoundedReader:
    """Reads a stream in parts of about 1 MiB and returns slices of them, so that memory use is bounded."""

    def __init__(self, read: Callable[[int], bytes], what: str = "the archive") -> None:
        """Read by ``read(size)``, which returns ``b""`` at the end; ``what`` names the stream in messages."""
        self._read = read
        self._what = what
        self._part = memoryview(b"")
        self._at = 0
        self.position = 0
        """Bytes read so far."""

    def take(self, size: int) -> memoryview:
        """Return exactly ``size`` bytes, all in memory (so at most a few MiB); ``Rejected`` when the stream ends before."""
        end = self._at + size
        if end > len(self._part):
            return self._take_across(size)
        taken = self._part[self._at : end]
        self._at = end
        self.position += size
        return taken

    def iter_chunks(self, size: int) -> Iterator[memoryview]:
        """Yield ``size`` bytes in parts, without copying; ``Rejected`` when the stream ends before."""
        left = size
        while left:
            if self.is_at_end():
                raise reject_damaged(f"{self._what} ends after {self.position} bytes, in the middle of a member")
            part = self._part[self._at : self._at + left]
            self._at += len(part)
            self.position += len(part)
            left -= len(part)
            yield part

    def skip(self, size: int) -> None:
        """Skip ``size`` bytes; ``Rejected`` when the stream ends before."""
        left_here = len(self._part) - self._at
        if size <= left_here:
            self._at += size
            self.position += size
            return
        for _ in self.iter_chunks(size):
            pass

    def is_at_end(self) -> bool:
        """Return whether the stream has ended."""
        if self._at < len(self._part):
            return False
        self._part, self._at = memoryview(self._read(_PART)), 0
        return not self._part

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, ``b""`` at the end, like a stream."""
        if self.is_at_end():
            return b""
        part = self._part[self._at : self._at + size]
        self._at += len(part)
        self.position += len(part)
        return bytes(part)

    def _take_across(self, size: int) -> memoryview:
        """Return bytes that span several parts; only these are copied."""
        pieces = [self._part[self._at :]]
        have = len(pieces[0])
        while have < size:
            part = memoryview(self._read(max(_PART, size - have)))
            if not part:
                raise reject_damaged(f"{self._what} ends after {self.position + have} bytes, in the middle of a member")
            pieces.append(part[: size - have])
            have += len(pieces[-1])
            self._part, self._at = part, len(pieces[-1])
        self.position += size
        return memoryview(b"".join(pieces))


class Section:
    """The next ``size`` bytes of a window, as a stream."""

    def __init__(self, window: BoundedReader, size: int) -> None:
        """Read ``size`` bytes of ``window``."""
        self._window = window
        self.left = size

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, ``b""`` at the section's end; ``Rejected`` when the window ends before the section."""
        if not self.left:
            return b""
        part = self._window.read(min(size, self.left))
        if not part:
            self._window.take(self.left)  # raises that the archive is truncated
        self.left -= len(part)
        return part

    def finish(self) -> None:
        """Skip what was not read."""
        self._window.skip(self.left)
        self.left = 0


def reader_of(parts: Iterable[Buffer]) -> Callable[[int], bytes]:
    """Return a reader of the parts of a member, for an archive inside an archive."""
    left = iter(parts)

    def read(_size: int) -> bytes:
        return bytes(next(left, b""))

    return read


class Meter:
    """Counts packed and unpacked bytes, and stops a decompression bomb while it is unpacked."""

    def __init__(self, read: Callable[[int], bytes], limits: Limits) -> None:
        """Count what ``read`` returns, and enforce ``limits``."""
        self._read = read
        self._limits = limits
        self.packed = 0
        self.unpacked = 0
        self.member = ""
        """The member being read, named in messages."""

    def read(self, size: int) -> bytes:
        """Read and count packed bytes."""
        part = self._read(size)
        self.packed += len(part)
        return part

    def count_output(self, size: int, packed: int) -> None:
        """Count ``size`` unpacked bytes; ``Rejected`` when there are too many in total for ``packed`` bytes."""
        self.unpacked += size
        if self.unpacked > self._limits.floor + self._limits.ratio * packed:
            raise reject_hostile(
                self.member or "(the first)",
                "is a decompression bomb",
                f"{packed} packed bytes unpacked to {self.unpacked} or more",
            )
