"""A thread pipeline for unpacking: one thread decompresses ahead, one writes what was extracted."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Self

from nipsys.effects.threads import Pool, Task


class Pipeline:
    """The reader and writer threads of one archive, whose unpacking thread holds the batch's turn.

    Threads that run Python code slow each other down, so only one unpacking thread, the holder of the turn, runs at a time; reading
    and writing are C calls and need no turn. Leaving the block waits for all work that was begun: until then the stream and the
    directory must stay open.
    """

    def __init__(self, turn: Lock, readers: Pool | None, writer: Pool | None) -> None:
        """Work for the holder of ``turn``; ``writer`` is one thread, so that writes keep their order.

        Without ``readers``, or without a ``writer``, the caller does that work itself, immediately, and releases the turn meanwhile.
        """
        self._turn = turn
        self._readers = readers
        self._writer = writer
        self._begun: list[Task] = []
        self.writes = writer is not None
        """Whether a thread writes; otherwise the caller writes and releases the turn meanwhile."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._begun:
            self._wait(self._begun.pop())

    def read(self, work: Callable[[], object]) -> Task:
        """Begin to read and unpack packed bytes; one such task at a time."""
        return self._begin(self._readers, work)

    def write(self, work: Callable[[], object]) -> Task:
        """Begin to write something, after all earlier writes."""
        return self._begin(self._writer, work)

    def result(self, task: Task) -> Any:  # noqa: ANN401 - whatever the work returns
        """Return the result of ``task``, or raise its error; the turn is released until it is done."""
        self._begun.remove(task)
        self._wait(task)
        return task.result()

    def _begin(self, crew: Pool | None, work: Callable[[], object]) -> Task:
        if crew is not None:
            task = crew.submit(work)
        else:
            task = Task(work)
            self._turn.release()
            try:
                task.run()
            finally:
                self._turn.acquire()
        self._begun.append(task)
        return task

    def _wait(self, task: Task) -> None:
        if not task.done:
            self._turn.release()
            try:
                task.wait()
            finally:
                self._turn.acquire()
