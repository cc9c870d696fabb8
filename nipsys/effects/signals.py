"""Interrupts: asked to stop, a process finishes the few calls that commit, or has not begun them."""

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
    """Return where this runs; a process that never loaded ``threading`` has but one thread."""
    threading = sys.modules.get("threading")
    return threading is None or threading.current_thread() is threading.main_thread()


@contextmanager
def interruptible() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the work as Ctrl-C does: by ``KeyboardInterrupt``, so that what was begun is cleared away.

    Only the main thread of a process may set handlers; elsewhere this changes nothing.
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
def uninterrupted() -> Iterator[None]:
    """Hold SIGINT, SIGTERM and SIGHUP back until the block is over: for publish and switch, a handful of system calls.

    A mask of the calling thread would not do: the kernel gives the signal to any other thread, and Python then runs the handler in
    the main one. So the handlers only take note, and the signals are sent again after the block.
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
