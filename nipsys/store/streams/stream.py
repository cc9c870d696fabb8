"""A bounded window on a stream of bytes: what the container readers look through."""

from collections.abc import Callable, Iterable, Iterator

from nipsys.effects.disk.port import Buffer
from nipsys.store.member import Limits, damaged, hostile

_PART = 1 << 20


class Window:
    """Reads a stream in parts of about a MiB and lends slices of them: memory stays bounded whatever the stream holds."""

    def __init__(self, read: Callable[[int], bytes], what: str = "the archive") -> None:
        """Look at what ``read(size)`` gives (``b""`` at the end); ``what`` names it in messages."""
        self._read = read
        self._what = what
        self._part = memoryview(b"")
        self._at = 0
        self.position = 0
        """Bytes taken so far."""

    def take(self, size: int) -> memoryview:
        """Give exactly ``size`` bytes (at most a few MiB are sensible); ``Rejected`` when the stream ends before."""
        end = self._at + size
        if end > len(self._part):
            return self._across(size)
        taken = self._part[self._at : end]
        self._at = end
        self.position += size
        return taken

    def chunks(self, size: int) -> Iterator[memoryview]:
        """Return ``size`` bytes in the parts they come in."""
        left = size
        while left:
            if self.ended():
                raise damaged(f"{self._what} ends after {self.position} bytes, in the middle of a member")
            part = self._part[self._at : self._at + left]
            self._at += len(part)
            self.position += len(part)
            left -= len(part)
            yield part

    def skip(self, size: int) -> None:
        """Pass over ``size`` bytes."""
        left_here = len(self._part) - self._at
        if size <= left_here:
            self._at += size
            self.position += size
            return
        for _ in self.chunks(size):
            pass

    def ended(self) -> bool:
        """Return whether nothing is left."""
        if self._at < len(self._part):
            return False
        self._part, self._at = memoryview(self._read(_PART)), 0
        return not self._part

    def read(self, size: int) -> bytes:
        """Give up to ``size`` bytes, ``b""`` at the end: a window is a stream again."""
        if self.ended():
            return b""
        part = self._part[self._at : self._at + size]
        self._at += len(part)
        self.position += len(part)
        return bytes(part)

    def _across(self, size: int) -> memoryview:
        """Take what lies in more than one part; only that is copied."""
        pieces = [self._part[self._at :]]
        have = len(pieces[0])
        while have < size:
            part = memoryview(self._read(max(_PART, size - have)))
            if not part:
                raise damaged(f"{self._what} ends after {self.position + have} bytes, in the middle of a member")
            pieces.append(part[: size - have])
            have += len(pieces[-1])
            self._part, self._at = part, len(pieces[-1])
        self.position += size
        return memoryview(b"".join(pieces))


class Section:
    """The next ``size`` bytes of a window as a stream of their own."""

    def __init__(self, window: Window, size: int) -> None:
        """Lend ``size`` bytes of ``window``."""
        self._window = window
        self.left = size

    def read(self, size: int) -> bytes:
        """Give up to ``size`` bytes, ``b""`` at the section's end; ``Rejected`` when the window ends before the section."""
        if not self.left:
            return b""
        part = self._window.read(min(size, self.left))
        if not part:
            self._window.take(self.left)  # says that the archive ends too soon
        self.left -= len(part)
        return part

    def finish(self) -> None:
        """Pass over what was not read."""
        self._window.skip(self.left)
        self.left = 0


def reading(parts: Iterable[Buffer]) -> Callable[[int], bytes]:
    """Make a reader of the parts of a member, for an archive inside an archive."""
    left = iter(parts)

    def read(_size: int) -> bytes:
        return bytes(next(left, b""))

    return read


class Meter:
    """Counts packed bytes in and unpacked bytes out, and stops a bomb while it unfolds."""

    def __init__(self, read: Callable[[int], bytes], limits: Limits) -> None:
        """Count what ``read`` gives."""
        self._read = read
        self._limits = limits
        self.packed = 0
        self.unpacked = 0
        self.member = ""
        """The member being read, for the message."""

    def read(self, size: int) -> bytes:
        """Read and count packed bytes."""
        part = self._read(size)
        self.packed += len(part)
        return part

    def out(self, size: int, packed: int) -> None:
        """Count unpacked bytes; ``Rejected`` when so many ``packed`` ones cannot honestly have become them."""
        self.unpacked += size
        if self.unpacked > self._limits.floor + self._limits.ratio * packed:
            raise hostile(
                self.member or "(the first)",
                "unfolds like a bomb",
                f"{packed} packed bytes have become {self.unpacked} and more",
            )
