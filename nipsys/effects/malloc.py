"""Memory between the stages of a command: what a finished one no longer needs goes back, what a busy one needs again stays."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def give_back() -> None:
    """Return free memory to the kernel: the collector first, then glibc's ``malloc_trim(3)``; other C libraries keep theirs."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def kept() -> Iterator[None]:
    """Let freed memory stay with the process meanwhile, up to some MiB a thread.

    Whoever unpacks takes and frees buffers of a MiB without end; by its own rules glibc would return each to the kernel and ask for it
    anew, and the kernel clear every page of it: a quarter of the work. Other C libraries go by their own rules.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, 4 << 20)
    library.mallopt(_TRIM_THRESHOLD, 32 << 20)
    try:
        yield
    finally:
        library.mallopt(_MMAP_THRESHOLD, 128 << 10)
        library.mallopt(_TRIM_THRESHOLD, 128 << 10)
        library.malloc_trim(0)
