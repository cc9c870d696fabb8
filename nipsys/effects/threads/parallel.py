"""Several works at once, told as if they had been done one after the other."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from nipsys.effects.threads.join import joined
from nipsys.model.event import Event, Report
from nipsys.model.problem import Rejected

T = TypeVar("T")
_Told = queue.SimpleQueue[Event | None]
_LEAVE = 1.0
"""Seconds in which works that were told to stop may clear away; one that waits for a silent server is left to itself."""


def together(works: Sequence[Callable[[Report], T]], report: Report) -> tuple["T | Rejected", ...]:
    """Do every work in a thread of its own; give what each gave, or the ``Rejected`` it raised, in the order of ``works``.

    Each gets a listener of its own. What the first says is passed on at once; what a later one says waits until those before it are done,
    so a listener hears the same words in the same order however fast each was. Any other exception of a work is raised when all are done.
    An interrupt of the caller, or what ``report`` raises, stops each work with the next thing it tells; then it is raised.
    """
    if len(works) == 1:
        try:
            return (works[0](report),)
        except Rejected as error:
            return (error,)
    outcomes: list[T | BaseException | None] = [None] * len(works)
    told: list[_Told] = [queue.SimpleQueue() for _ in works]
    left = threading.Event()

    def do(place: int) -> None:
        def tell(event: Event) -> None:
            if left.is_set():
                raise KeyboardInterrupt
            told[place].put(event)

        try:
            outcomes[place] = works[place](tell)
        except BaseException as error:  # noqa: BLE001 - it is raised where the caller stands
            outcomes[place] = error
        finally:
            told[place].put(None)

    threads = [threading.Thread(target=do, args=(place,), daemon=True) for place in range(len(works))]
    try:
        for thread in threads:
            thread.start()
        for line in told:
            while (event := line.get()) is not None:
                report(event)
    except BaseException:
        left.set()
        joined(threads, _LEAVE)
        raise
    found: list[T | Rejected] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Rejected):
            raise outcome
        found.append(outcome)  # type: ignore[arg-type] # the type T may well be optional
    return tuple(found)
