"""Part files of incomplete downloads: locked while a process writes one, resumed next time, removed when empty."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def open_part(target: str) -> Iterator[tuple[int, str]]:
    """Open the part file of ``target`` exclusively; when another process has it locked, open a private one instead.

    Yields the descriptor and the path.
    """
    path = f"{target}.part"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    if not _try_lock(descriptor, path):
        os.close(descriptor)
        path = private_part_path(target)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        yield descriptor, path
    finally:
        if not os.fstat(descriptor).st_size and _is_same_file(descriptor, path):
            os.unlink(path)
        os.close(descriptor)


def _try_lock(descriptor: int, path: str) -> bool:
    """Lock an open part file; ``False`` when another process holds the lock, or has just renamed the file to its final name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return _is_same_file(descriptor, path)


def _is_same_file(descriptor: int, path: str) -> bool:
    """Return whether ``path`` still names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def private_part_path(target: str) -> str:
    """Return the path of a part file that only this thread uses."""
    return f"{target}.{os.getpid()}.{threading.get_ident()}.part"


def write_atomically(data: memoryview, target: str) -> None:
    """Write ``data`` to ``target`` atomically; an ``OSError`` leaves nothing behind."""
    path = private_part_path(target)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.rename(path, target)
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)
