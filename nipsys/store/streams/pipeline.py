"""Work that runs beside the one who unpacks: the next packed bytes become plain, and what was made is written."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Self

from nipsys.effects.threads.pool import Crew, Task


class Beside:
    """The threads that one archive has beside its own, while that one has the batch's turn.

    Two threads of Python in one interpreter slow each other down, so of all who unpack only the one whose turn it is runs; reading and
    writing are calls of C, which need no turn. Leaving the block waits for everything that was begun: until then the stream that is read
    and the directory that is written must stay open.
    """

    def __init__(self, turn: Lock, readers: Crew | None, writer: Crew | None) -> None:
        """Stand beside the holder of ``turn``; ``writer`` is one thread, so that what is written keeps its order.

        Without ``readers``, or without a ``writer``, the caller does the work itself, at once, while others have their turn.
        """
        self._turn = turn
        self._readers = readers
        self._writer = writer
        self._begun: list[Task] = []
        self.writes = writer is not None
        """Whether a thread writes, or the caller does it itself while others have their turn."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._begun:
            self._wait(self._begun.pop())

    def read(self, work: Callable[[], object]) -> Task:
        """Have packed bytes read and unpacked; one such work at a time."""
        return self._begin(self._readers, work)

    def write(self, work: Callable[[], object]) -> Task:
        """Have something written, after all that was handed over before."""
        return self._begin(self._writer, work)

    def result(self, task: Task) -> Any:  # noqa: ANN401 - whatever the work gives
        """Return what came of ``task``, or raise its error; others have their turn until it is done."""
        self._begun.remove(task)
        self._wait(task)
        return task.result()

    def _begin(self, crew: Crew | None, work: Callable[[], object]) -> Task:
        if crew is not None:
            task = crew.begin(work)
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
