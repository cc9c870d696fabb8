"""Daemon threads for work that waits for servers: jobs in parallel, with events reported as if they had run one after the other.

Threads of ``concurrent.futures`` are joined when the process ends, so one that waits for a silent server would hold up an interrupt.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from nipsys.model import Event, Rejected, Reporter

T = TypeVar("T")
_Events = queue.SimpleQueue[Event | None]
_GRACE = 1.0
"""Seconds that stopped jobs have to clean up; one that still waits for a server is abandoned."""


def run_all(works: Sequence[Callable[[Reporter], T]], report: Reporter) -> tuple["T | Rejected", ...]:
    """Run every job in its own thread; return the result of each, or the ``Rejected`` it raised, in the order of ``works``.

    Each job gets its own listener. Events of the first are passed on at once; events of a later job wait until the jobs before it are done,
    so the order of events does not depend on timing. Any other exception of a job is raised when all are done. An interrupt of the
    caller, or an exception of ``report``, stops each job at its next event and is then raised.
    """
    if len(works) == 1:
        try:
            return (works[0](report),)
        except Rejected as error:
            return (error,)
    outcomes: list[T | BaseException | None] = [None] * len(works)
    events: list[_Events] = [queue.SimpleQueue() for _ in works]
    left = threading.Event()

    def do(place: int) -> None:
        def listen(event: Event) -> None:
            if left.is_set():
                raise KeyboardInterrupt
            events[place].put(event)

        try:
            outcomes[place] = works[place](listen)
        except BaseException as error:  # noqa: BLE001 - it is raised in the caller's thread
            outcomes[place] = error
        finally:
            events[place].put(None)

    threads = [threading.Thread(target=do, args=(place,), daemon=True) for place in range(len(works))]
    try:
        for thread in threads:
            thread.start()
        for line in events:
            while (event := line.get()) is not None:
                report(event)
    except BaseException:
        left.set()
        join_all(threads, _GRACE)
        raise
    found: list[T | Rejected] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Rejected):
            raise outcome
        found.append(outcome)  # type: ignore[arg-type] # the type T may include None
    return tuple(found)


def join_all(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Wait for threads to end, at most ``seconds`` for all of them together; threads that never started are skipped."""
    until = time.monotonic() + seconds
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
