"""The thread pool: results in the order of the tasks, errors to the caller, and an orderly end after an interrupt."""

import signal
import threading
import time

import pytest

from nipsys.effects.threads import start_pool


@pytest.mark.parametrize("size", [0, 1, 3])
def test_results_are_in_order_and_errors_are_raised(size: int) -> None:
    before = set(threading.enumerate())
    pool = start_pool(size)
    tasks = [pool.submit(lambda number=number: 60 // number) for number in (1, 2, 0, 3)]
    assert [tasks[place].result() for place in (0, 1, 3)] == [60, 30, 20]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            tasks[2].result()
    pool.shutdown(cancel_futures=True)
    assert set(threading.enumerate()) <= before


def test_no_more_threads_work_than_were_asked_for() -> None:
    pool, barrier, together = start_pool(2), threading.Barrier(2), list[int]()
    busy = threading.Semaphore(2)

    def work() -> None:
        together.append(busy.acquire(blocking=False))
        barrier.wait(10)
        busy.release()

    for future in [pool.submit(work) for _ in range(6)]:
        future.result()
    pool.shutdown()
    assert together == [True] * 6


def test_tasks_that_have_not_started_are_dropped_at_shutdown() -> None:
    pool, gate, begun = start_pool(1), threading.Event(), list[int]()
    first = pool.submit(lambda: gate.wait(10))
    later = [pool.submit(lambda number=number: begun.append(number)) for number in range(5)]
    threading.Timer(0.05, gate.set).start()
    pool.shutdown(cancel_futures=True)
    assert first.done()
    assert begun == []
    assert all(future.cancelled() for future in later)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_nothing_runs_any_more_after_an_interrupt_while_a_thread_starts(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Without help ``ThreadPoolExecutor`` loses the thread: shutdown does not wait for it, and the root's lock would be released meanwhile."""
    start, states, before = threading.Thread.start, list[str](), set(threading.enumerate())

    def interrupted(thread: threading.Thread) -> None:
        if moment == "before":
            signal.raise_signal(signal.SIGINT)
        start(thread)
        if moment == "after":
            signal.raise_signal(signal.SIGINT)

    def work() -> None:
        states.append("begun")
        time.sleep(0.1)
        states.append("ended")

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    pool = start_pool(1)
    with pytest.raises(KeyboardInterrupt):
        pool.submit(work)
    pool.shutdown(cancel_futures=True)
    assert states in ([], ["begun", "ended"])
    assert set(threading.enumerate()) <= before


def test_an_interrupt_of_work_without_threads_reaches_the_caller_at_once() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start_pool(0).submit(interrupted)


def test_an_interrupt_in_a_thread_reaches_whoever_asks_for_the_result() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    pool = start_pool(1)
    with pytest.raises(KeyboardInterrupt):
        pool.submit(interrupted).result()
    pool.shutdown()
