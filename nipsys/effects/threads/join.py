"""Leaving threads that work: they get a moment to stop, however long a server may still be silent."""

import threading
import time
from collections.abc import Sequence


def joined(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Wait for threads to end, ``seconds`` at most for all of them together; one that never started has nothing to end."""
    until = time.monotonic() + seconds
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
