"""One writer at a time: the lock of a root, which says who holds it.

The lock is ``flock`` on ``R/lock``: the kernel drops it with the process that held it, so a dead holder is taken over without
guessing. The file's text names the holder for whoever waits.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nipsys.effects.clock import Clock, SystemClock
from nipsys.model.event import Report, Waiting, silent


@contextmanager
def guard(path: str, *, command: str = "", clock: Clock | None = None, report: Report = silent) -> Iterator[None]:
    """Hold the lock at ``path`` for the block, waiting for it if need be (one ``Waiting`` event says for whom).

    ``command`` is what others are told is running; the process's own arguments when empty. ``OSError`` when the file cannot be made.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, report)
        _sign(descriptor, command or " ".join(sys.argv), clock or SystemClock())
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(path: str) -> str | None:
    """Say who holds the lock at ``path`` now, or ``None`` when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, report: Report) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        report(Waiting(_holder(descriptor)))
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _sign(descriptor: int, command: str, clock: Clock) -> None:
    text = json.dumps({"pid": os.getpid(), "command": command, "since": clock.now()}).encode()
    os.ftruncate(descriptor, 0)
    with suppress(OSError):  # on a full disk the lock holds all the same: it only has no name
        os.pwrite(descriptor, text, 0)


def _holder(descriptor: int) -> str:
    try:
        told = json.loads(os.pread(descriptor, 65536, 0))
        return f"process {told['pid']} (`{told['command']}`) since {told['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
