"""The thread pool: results in the order of the tasks, errors to the caller, and an orderly end after an interrupt."""

import threading

import pytest

from nipsys.effects.threads.pool import Pool


def test_results_are_in_order_and_errors_are_raised() -> None:
    pool, before = Pool(3), set(threading.enumerate())
    tasks = [pool.submit(lambda number=number: 60 // number) for number in (1, 2, 0, 3)]
    assert [tasks[place].result() for place in (0, 1, 3)] == [60, 30, 20]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            tasks[2].result()
    pool.shutdown()
    assert set(threading.enumerate()) <= before
    assert pool.submit(lambda: 5).result() == 5
    pool.shutdown()


def test_tasks_that_have_not_started_are_dropped_at_shutdown() -> None:
    pool, gate, begun = Pool(1), threading.Event(), list[int]()
    pool.submit(lambda: gate.wait(10))
    for number in range(5):
        pool.submit(lambda number=number: begun.append(number))
    threading.Timer(0.05, gate.set).start()
    pool.shutdown()
    assert begun == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupt_while_a_thread_starts_drops_its_task(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Whoever clears away must neither stumble over the thread nor find that what was never handed over is done all the same."""
    start, done = threading.Thread.start, list[int]()

    def interrupted(thread: threading.Thread) -> None:
        if moment == "after":
            start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    pool = Pool(1)
    with pytest.raises(KeyboardInterrupt):
        pool.submit(lambda: done.append(1))
    pool.shutdown()
    assert done == []


def test_an_interrupt_reaches_the_caller_at_once() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Pool(0).submit(interrupted)
