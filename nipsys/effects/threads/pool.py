"""A small thread pool that runs tasks in the order they were submitted; cheaper to import than ``concurrent.futures``."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore, Thread
from typing import Any


@contextmanager
def shorten_switch_interval() -> Iterator[None]:
    """Shorten Python's switch interval for the block: a thread back from C code waits 0.5 ms for the GIL instead of up to 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Task:
    """One submitted piece of work and its result."""

    def __init__(self, work: Callable[[], object]) -> None:
        """Keep the function to call."""
        self._work = work
        self._value: list[object] = []
        self.error: BaseException | None = None
        """The exception it raised, once it is done."""
        self._open = Lock()
        self._open.acquire()

    def run(self) -> None:
        """Call the function; to be called once."""
        try:
            self._value.append(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised when the result is read
            self.error = error
        finally:
            self._open.release()

    @property
    def done(self) -> bool:
        """Return whether it has finished, successfully or not."""
        return not self._open.locked()

    def wait(self) -> None:
        """Wait until it is done, successfully or not."""
        with self._open:
            pass

    def result(self) -> Any:  # noqa: ANN401 - whatever the function returns
        """Wait until it is done; return its result or raise its exception."""
        with self._open:
            if self.error is not None:
                raise self.error
            return self._value[0]


class Pool:
    """A pool of threads, started as tasks are submitted; with a size of 0 the caller's thread runs each task at once."""

    def __init__(self, size: int) -> None:
        """Use up to ``size`` threads."""
        self._size = size
        self._threads: list[Thread] = []
        self._ahead: deque[Task] = deque()
        self._count = Semaphore(0)

    @property
    def pending(self) -> int:
        """Return the number of tasks not started yet."""
        return len(self._ahead)

    def submit(self, work: Callable[[], object]) -> Task:
        """Submit ``work`` and return its task; without threads an exception that is not an ``Exception`` is raised here."""
        task = Task(work)
        if not self._size:
            task.run()
            if not isinstance(task.error, Exception | None):
                raise task.error  # an interrupt concerns the caller immediately
            return task
        if len(self._threads) < self._size:  # first: when an interrupt arrives here, the task is not submitted
            self._threads.append(Thread(target=self._work, daemon=True))
            self._threads[-1].start()
        self._ahead.append(task)
        self._count.release()
        return task

    def shutdown(self) -> None:
        """Drop tasks that have not started and wait for the others."""
        self._ahead.clear()
        for _ in self._threads:
            self._count.release()
        for thread in self._threads:
            if thread.is_alive():  # one whose start was interrupted never ran
                thread.join()
        self._threads.clear()
        self._count = Semaphore(0)

    def _work(self) -> None:
        while self._count.acquire():
            try:
                task = self._ahead.popleft()
            except IndexError:  # the pool was shut down
                return
            task.run()
