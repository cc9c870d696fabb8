"""Tuning of glibc's malloc: return free memory after a stage of a command, keep it while buffers are allocated again and again."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def trim_memory() -> None:
    """Return free memory to the kernel: run the garbage collector, then glibc's ``malloc_trim(3)`` (nothing on other C libraries)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def keep_freed_memory() -> Iterator[None]:
    """Keep freed memory in the process during the block, up to a few MiB per thread.

    Unpacking allocates and frees buffers of 1 MiB all the time. By default glibc returns each to the kernel and requests it again, and
    the kernel clears every page: a quarter of the work. Other C libraries are left as they are.
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
