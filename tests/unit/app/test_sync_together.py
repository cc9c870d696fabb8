"""Several sources are synced in parallel, and their events are reported in the order of the profile."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from nipsys.app.sync.indexes import sync
from nipsys.effects.threads.join import join_all
from nipsys.effects.threads.parallel import run_all
from nipsys.effects.web.fake import MemoryTransport
from nipsys.effects.web.fetcher import Fetcher
from nipsys.effects.web.transfer import Fetched
from nipsys.model.event import Began, Event, Reporter, Warned, ignore_event
from nipsys.model.host import HostFacts
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected, reject
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.kinds import open_source
from nipsys.sources.port import Source

INDEX = b"ARCH: amd64\nTIMESTAMP: 1763500000\n\nCPV: app-misc/%s-1.0\nSIZE: 9\nSHA256: 00\n"


class Meeting:
    """A web that answers only when the expected number of requests is pending."""

    def __init__(self, web: Fetcher, parties: int) -> None:
        self.web, self.barrier = web, threading.Barrier(parties)

    def fetch(
        self, resources: Iterable[Resource], directory: str, report: Reporter = ignore_event, stage: str = "fetch"
    ) -> Iterator[Fetched]:
        self.barrier.wait(10)
        yield from self.web.fetch(resources, directory, report, stage)


def source(name: str, base: str) -> Source:
    return open_source(SourceSpec(name, "gentoo", settings=(("mirror", base), ("signatures", "none"))), HostFacts(), "")


def test_sources_are_synced_in_parallel(tmp_path: Path) -> None:
    bases = [f"https://{name}.example" for name in "abc"]
    web = Fetcher(MemoryTransport({f"{base}/Packages": INDEX % base[8:9].encode() for base in bases}))
    events: list[Event] = []
    synced = sync([source(base[8:9], base) for base in bases], Meeting(web, 3), str(tmp_path), events.append)
    assert [one.snapshot.source for one in synced] == ["a", "b", "c"]
    assert [event.detail for event in events if isinstance(event, Began)] == ["packages"] * 3
    for one, name in zip(synced, "abc", strict=True):
        assert [record.name for record in one.to_batch().records] == [f"app-misc/{name}"]


def test_problems_of_all_sources_are_reported_in_order(tmp_path: Path) -> None:
    with pytest.raises(Rejected) as refused:
        sync([source(name, f"https://{name}.example") for name in "abc"], Fetcher(MemoryTransport({})), str(tmp_path))
    assert [problem.message.partition("https://")[2][:1] for problem in refused.value.problems] == ["a", "b", "c"]


def test_events_come_in_the_order_of_the_profile() -> None:
    later = threading.Event()

    def slow(report: Reporter) -> str:
        report(Warned("slow begins"))
        assert later.wait(10)
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


def test_no_works_give_no_results() -> None:
    assert run_all([], ignore_event) == ()


def test_an_interrupt_stops_every_work_before_it_is_raised() -> None:
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


def test_an_interrupt_does_not_wait_for_a_work_without_events() -> None:
    answer = threading.Event()

    def talkative(report: Reporter) -> None:
        report(Warned("it speaks"))

    def silent_one(report: Reporter) -> None:
        answer.wait(60)

    def interrupted(event: Event) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_all([talkative, silent_one], interrupted)
    assert time.monotonic() - started < 10
    answer.set()


def test_a_thread_that_never_started_is_not_joined() -> None:
    join_all([threading.Thread(target=time.sleep, args=(60,))], 60.0)
