"""A few threads that do what is handed to them, in its order; lighter to import than the standard library's pool."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore, Thread
from typing import Any


@contextmanager
def brisk() -> Iterator[None]:
    """Let threads that come back from a call of C run soon: by default they wait up to 5 ms, in which C would do much."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Task:
    """Something that is, or will be, done."""

    def __init__(self, work: Callable[[], object]) -> None:
        """Remember what to do."""
        self._work = work
        self._value: list[object] = []
        self.error: BaseException | None = None
        """What went wrong, once it is done."""
        self._open = Lock()
        self._open.acquire()

    def run(self) -> None:
        """Do it, once."""
        try:
            self._value.append(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised to whoever asks for the result
            self.error = error
        finally:
            self._open.release()

    @property
    def done(self) -> bool:
        """Return whether it is over."""
        return not self._open.locked()

    def wait(self) -> None:
        """Wait until it is done, well or not."""
        with self._open:
            pass

    def result(self) -> Any:  # noqa: ANN401 - whatever the work gives
        """Wait until it is done; give what came of it, or raise what went wrong."""
        with self._open:
            if self.error is not None:
                raise self.error
            return self._value[0]


class Crew:
    """Threads that start with the first task; without any the caller does the work."""

    def __init__(self, size: int) -> None:
        """Let up to ``size`` threads work."""
        self._size = size
        self._threads: list[Thread] = []
        self._ahead: deque[Task] = deque()
        self._count = Semaphore(0)

    @property
    def waiting(self) -> int:
        """How much is not begun yet."""
        return len(self._ahead)

    def begin(self, work: Callable[[], object]) -> Task:
        """Have ``work`` done."""
        task = Task(work)
        if not self._size:
            task.run()
            if not isinstance(task.error, Exception | None):
                raise task.error  # an interrupt is for the caller, and now
            return task
        if len(self._threads) < self._size:  # first: what an interrupt meets here is not handed over
            self._threads.append(Thread(target=self._work, daemon=True))
            self._threads[-1].start()
        self._ahead.append(task)
        self._count.release()
        return task

    def dismiss(self) -> None:
        """Forget what was not begun and wait for the rest."""
        self._ahead.clear()
        for _ in self._threads:
            self._count.release()
        for thread in self._threads:
            if thread.is_alive():  # one whose start was interrupted has nothing to end
                thread.join()
        self._threads.clear()
        self._count = Semaphore(0)

    def _work(self) -> None:
        while self._count.acquire():
            try:
                task = self._ahead.popleft()
            except IndexError:  # dismissed
                return
            task.run()
