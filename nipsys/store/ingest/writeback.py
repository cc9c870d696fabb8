"""Sync early, while the rest is still being unpacked, so that the final sync has little left to do."""

from concurrent.futures import Future

from nipsys.effects.disk import Disk
from nipsys.effects.threads import start_pool

_ENOUGH = 8 << 20
"""Written bytes that are worth a sync."""


class EarlySync:
    """Syncs in its own thread, one at a time; only the holder of the batch's turn calls it."""

    def __init__(self, disk: Disk) -> None:
        """Sync the file system of ``disk``."""
        self._disk = disk
        self._pool = start_pool(1)
        self._bytes = 0
        self._last: Future[None] | None = None

    def add(self, size: int) -> None:
        """Count ``size`` more written bytes, and begin a sync when there are enough."""
        self._bytes += size
        if self._bytes >= _ENOUGH and (self._last is None or self._last.done()):
            self.finish()
            self._bytes = 0
            self._last = self._pool.submit(self._disk.sync)

    def finish(self) -> None:
        """Wait for the last sync and raise its error: the kernel reports an error only once, so a later sync would not."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def close(self) -> None:
        """Stop the thread; errors are ignored."""
        self._pool.shutdown(cancel_futures=True)
