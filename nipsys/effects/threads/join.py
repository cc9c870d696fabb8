"""Join threads with a time limit: they get a moment to stop, even while a server does not answer."""

import threading
import time
from collections.abc import Sequence


def join_all(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Wait for threads to end, at most ``seconds`` for all of them together; threads that never started are skipped."""
    until = time.monotonic() + seconds
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
