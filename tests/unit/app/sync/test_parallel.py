"""Several sources are synced in parallel, and their events are reported in the order of the profile."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from nipsys.app.sync.indexes import sync
from nipsys.effects.web.fake import MemoryTransport
from nipsys.effects.web.fetcher import Fetcher
from nipsys.effects.web.transfer import Fetched
from nipsys.model.event import Began, Event, Reporter, ignore_event
from nipsys.model.host import HostFacts
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected
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
        self.barrier.wait(300)
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
