"""Parallel jobs: events in the order of the jobs, errors to the caller, and an interrupt stops all."""

import threading
import time
from collections.abc import Callable

import pytest

from nipsys.effects.threads import join_all, run_all
from nipsys.model.event import Event, Reporter, Warned, ignore_event
from nipsys.model.problem import Rejected, reject


def test_events_come_in_the_order_of_the_jobs() -> None:
    later = threading.Event()

    def slow(report: Reporter) -> str:
        report(Warned("slow begins"))
        assert later.wait(300)
        report(Warned("slow ends"))
        return "slow"

    def quick(report: Reporter) -> str:
        report(Warned("quick"))
        later.set()
        raise reject("source", "x", "quick fails")

    heard: list[str] = []
    outcomes = run_all([slow, quick], lambda event: heard.append(event.message) if isinstance(event, Warned) else None)
    assert heard == ["slow begins", "slow ends", "quick"]
    assert outcomes[0] == "slow"
    assert isinstance(outcomes[1], Rejected)


def test_an_exception_of_a_thread_is_raised_in_the_caller() -> None:
    def faulty(report: Reporter) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_all([faulty, lambda report: None], ignore_event)


def test_no_jobs_give_no_results() -> None:
    assert run_all([], ignore_event) == ()


def test_an_interrupt_stops_every_job_before_it_is_raised() -> None:
    ended: list[str] = []

    def busy(name: str) -> Callable[[Reporter], None]:
        def work(report: Reporter) -> None:
            try:
                while True:
                    report(Warned(name))
                    time.sleep(0.001)
            finally:
                ended.append(name)

        return work

    def interrupted(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all([busy("a"), busy("b"), busy("c")], interrupted)
    assert sorted(ended) == ["a", "b", "c"]


def test_an_interrupt_does_not_wait_for_a_silent_job() -> None:
    answer, answered = threading.Event(), threading.Event()

    def talkative(report: Reporter) -> None:
        report(Warned("it speaks"))

    def silent_one(report: Reporter) -> None:
        answer.wait()
        answered.set()

    def interrupted(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all([talkative, silent_one], interrupted)
    assert not answered.is_set()
    answer.set()
    assert answered.wait(300)


def test_a_thread_that_never_started_is_not_joined() -> None:
    join_all([threading.Thread(target=time.sleep)], 3600.0)
