"""Thread pools of ``concurrent.futures`` for work on this machine, which a shutdown may wait for."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from nipsys.effects.signals import hold_signals

P = ParamSpec("P")
T = TypeVar("T")


def start_pool(size: int) -> Executor:
    """Return a pool of up to ``size`` threads, which start as work is submitted; with a size of 0 the caller does the work itself.

    ``shutdown(cancel_futures=True)`` drops what has not started and waits for the rest: after that nothing runs any more.
    """
    return _ThreadPool(size) if size else _InlineExecutor()


class _ThreadPool(ThreadPoolExecutor):
    """Work is submitted whole or not at all.

    An interrupt inside ``ThreadPoolExecutor.submit`` can leave a thread behind that ``shutdown`` does not know and does not wait for.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Submit a call; an interrupt meanwhile is raised afterwards."""
        with hold_signals():
            return super().submit(fn, *args, **kwargs)


class _InlineExecutor(Executor):
    """An executor without threads: work is done as it is submitted."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Do the work and return its result; an exception that is not an ``Exception``, an interrupt say, is raised here."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is raised when the result is read
            future.set_exception(error)
        return future


@contextmanager
def shorten_switch_interval() -> Iterator[None]:
    """Shorten Python's switch interval for the block: a thread back from C code waits 0.5 ms for the GIL instead of up to 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
