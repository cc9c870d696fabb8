"""Several works at once, told as if they had been done one after the other."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from nipsys.model.event import Event, Report
from nipsys.model.problem import Rejected

T = TypeVar("T")
_Told = queue.SimpleQueue[Event | None]


def together(works: Sequence[Callable[[Report], T]], report: Report) -> tuple["T | Rejected", ...]:
    """Do every work in a thread of its own; give what each gave, or the ``Rejected`` it raised, in the order of ``works``.

    Each gets a listener of its own. What the first says is passed on at once; what a later one says waits until those before it are done,
    so a listener hears the same words in the same order however fast each was. Any other exception of a work is raised when all are done.
    """
    if len(works) == 1:
        try:
            return (works[0](report),)
        except Rejected as error:
            return (error,)
    outcomes: list[T | BaseException | None] = [None] * len(works)
    told: list[_Told] = [queue.SimpleQueue() for _ in works]

    def do(place: int) -> None:
        try:
            outcomes[place] = works[place](told[place].put)
        except BaseException as error:  # noqa: BLE001 - it is raised where the caller stands
            outcomes[place] = error
        finally:
            told[place].put(None)

    for place in range(len(works)):
        threading.Thread(target=do, args=(place,), daemon=True).start()
    for line in told:
        while (event := line.get()) is not None:
            report(event)
    found: list[T | Rejected] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Rejected):
            raise outcome
        found.append(outcome)  # type: ignore[arg-type] # the type T may well be optional
    return tuple(found)
