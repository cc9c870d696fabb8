"""What was written becomes durable while the rest is still unpacked: the one sync that counts has little left to do."""

from nipsys.effects.disk.port import Disk
from nipsys.effects.threads.pool import Crew, Task

_ENOUGH = 8 << 20
"""Bytes from which on the disk may as well begin."""


class Ahead:
    """Syncs in a thread of its own, one at a time; whoever reports has the batch's turn."""

    def __init__(self, disk: Disk) -> None:
        """Sync the file system of ``disk``."""
        self._disk = disk
        self._crew = Crew(1)
        self._bytes = 0
        self._last: Task | None = None

    def written(self, size: int) -> None:
        """Tell that so many bytes more are written."""
        self._bytes += size
        if self._bytes >= _ENOUGH and (self._last is None or self._last.done):
            self.finish()
            self._bytes = 0
            self._last = self._crew.begin(self._disk.sync)

    def finish(self) -> None:
        """Wait for what was begun, and raise its error: the kernel tells of it only once, so a later sync would not."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def close(self) -> None:
        """Stop; errors no longer matter."""
        self._crew.dismiss()
