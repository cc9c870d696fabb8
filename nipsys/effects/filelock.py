"""One writer at a time: the lock of a root, which names its holder.

The lock is ``flock`` on ``R/lock``: the kernel releases it when the holding process ends, so there are no stale locks. The file's text
names the holder for processes that wait.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nipsys.effects.clock import Clock, SystemClock
from nipsys.model import Reporter, Waiting, ignore_event


@contextmanager
def hold_lock(path: str, *, command: str = "", clock: Clock | None = None, report: Reporter = ignore_event) -> Iterator[None]:
    """Hold the lock at ``path`` for the block, waiting for it if necessary (one ``Waiting`` event names the holder).

    ``command`` is what other processes see as running; when empty, this process's arguments. ``OSError`` when the file cannot be created.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, report)
        _write_holder(descriptor, command or " ".join(sys.argv), clock or SystemClock())
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def find_holder(path: str) -> str | None:
    """Return a description of the process that holds the lock at ``path``, or ``None`` when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, report: Reporter) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        report(Waiting(_read_holder(descriptor)))
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _write_holder(descriptor: int, command: str, clock: Clock) -> None:
    text = json.dumps({"pid": os.getpid(), "command": command, "since": clock.now()}).encode()
    os.ftruncate(descriptor, 0)
    with suppress(OSError):  # on a full disk the lock still works; only the holder's name is missing
        os.pwrite(descriptor, text, 0)


def _read_holder(descriptor: int) -> str:
    try:
        entry = json.loads(os.pread(descriptor, 65536, 0))
        return f"process {entry['pid']} (`{entry['command']}`) since {entry['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
