"""Signals that end a process: they interrupt it anywhere except in the few calls that commit, which run to their end."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _in_main_thread() -> bool:
    """Return whether this is the main thread; a process that never loaded ``threading`` has only one thread."""
    threading = sys.modules.get("threading")
    return threading is None or threading.current_thread() is threading.main_thread()


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into ``KeyboardInterrupt``, as Ctrl-C does, so that unfinished work is cleaned up.

    Only the main thread of a process may set handlers; in another thread this has no effect.
    """
    if not _in_main_thread():
        yield
        return
    before = {number: handler for number in _STOPPING if (handler := signal.getsignal(number)) is not None}
    for number in _STOPPING:
        if before[number] is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def hold_signals() -> Iterator[None]:
    """Defer SIGINT, SIGTERM and SIGHUP until the end of the block: for publish and switch, a handful of system calls.

    A signal mask of the calling thread is not enough: the kernel delivers the signal to another thread, and Python then runs the
    handler in the main one. So the handlers only note the signal, and the first is sent again after the block.
    """
    if not _in_main_thread():
        yield  # handlers run in the main thread only
        return
    noted: list[int] = []
    before = {number: handler for number in _STOPPING if (handler := signal.getsignal(number)) is not None}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, lambda caught, _frame: noted.append(caught))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if noted:
            os.kill(os.getpid(), noted[0])
