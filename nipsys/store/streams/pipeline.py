"""A thread pipeline for unpacking: one thread decompresses ahead, one writes what was extracted."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import contextmanager
from threading import Lock
from typing import Any, Self, TypeVar

from nipsys.effects.threads import start_pool

T = TypeVar("T")


class Pipeline:
    """The reader and writer threads of one archive, whose unpacking thread holds the batch's turn.

    Threads that run Python code slow each other down, so only one unpacking thread, the holder of the turn, runs at a time; reading
    and writing are C calls and need no turn. Leaving the block waits for all work that was begun: until then the stream and the
    directory must stay open.
    """

    def __init__(self, turn: Lock, readers: Executor | None, writer: Executor | None) -> None:
        """Work for the holder of ``turn``; ``writer`` is one thread, so that writes keep their order.

        Without ``readers``, or without a ``writer``, the caller does that work itself, immediately, and releases the turn meanwhile.
        """
        self._turn = turn
        self._readers = readers
        self._writer = writer
        self._alone = start_pool(0)
        self._begun: list[Future[Any]] = []
        self.writes = writer is not None
        """Whether a thread writes; otherwise the caller writes and releases the turn meanwhile."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._begun:
            self._wait(self._begun.pop())

    def read(self, work: Callable[[], T]) -> Future[T]:
        """Begin to read and unpack packed bytes; one such task at a time."""
        return self._begin(self._readers, work)

    def write(self, work: Callable[[], T]) -> Future[T]:
        """Begin to write something, after all earlier writes."""
        return self._begin(self._writer, work)

    def result(self, future: Future[T]) -> T:
        """Return the result of some work, or raise its error; the turn is released until it is done."""
        self._begun.remove(future)
        self._wait(future)
        return future.result()

    def _begin(self, executor: Executor | None, work: Callable[[], T]) -> Future[T]:
        if executor is not None:
            future = executor.submit(work)
        else:
            with self._release_turn():
                future = self._alone.submit(work)
        self._begun.append(future)
        return future

    def _wait(self, future: Future[Any]) -> None:
        if not future.done():
            with self._release_turn():
                wait((future,))

    @contextmanager
    def _release_turn(self) -> Iterator[None]:
        self._turn.release()
        try:
            yield
        finally:
            self._turn.acquire()
