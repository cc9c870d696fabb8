"""Memory that a finished stage no longer needs goes back to the kernel before the next one starts."""

import ctypes
import gc


def give_back() -> None:
    """Return free memory to the kernel: the collector first, then glibc's ``malloc_trim(3)``; other C libraries keep theirs."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
