"""Artifacts without a published digest are fetched once while locking; the digest that was seen counts from then on."""

from pathlib import Path

import pytest

from nipsys.app.context import Context
from nipsys.app.lock.first_use import pin_first_use
from nipsys.effects.clock import FixedClock
from nipsys.effects.web.fake import MemoryTransport
from nipsys.effects.web.fetcher import Fetcher
from nipsys.model.digest import digest_of
from nipsys.model.event import Event, Warned
from nipsys.model.layout import Layout
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import Lock, LockedPackage
from nipsys.model.system.profile import SourceSpec

BODY = b"the bytes of an artifact " * 20_000
SMALL = b"a few bytes"
LOCK = Lock(
    "p", "", "x86_64", (), (LockedPackage("it", "large", "1", location="large"), LockedPackage("it", "small", "1", location="small"))
)


class Source:
    """A source that publishes no digests."""

    spec = SourceSpec("it", "url")

    def artifact(self, package: LockedPackage) -> Resource:
        return Resource(f"artifact:{package.name}", (f"https://a.example/{package.location}",), 1 << 20, package.digest or None)


def make_context(root: Path, answers: dict[str, bytes]) -> tuple[Context, MemoryTransport, list[Event]]:
    transport, events = MemoryTransport({f"https://a.example/{name}": body for name, body in answers.items()}), list[Event]()
    return Context(Layout(str(root)), Fetcher(transport), FixedClock(), events.append, str(root)), transport, events


def test_what_was_fetched_to_lock_is_not_fetched_again_to_apply(tmp_path: Path) -> None:
    context, transport, events = make_context(tmp_path, {"large": BODY, "small": SMALL})
    lock = pin_first_use(context, [Source()], LOCK, None)  # type: ignore[list-item]
    assert [package.digest for package in lock.packages] == [digest_of(BODY, "sha256"), digest_of(SMALL, "sha256")]
    assert [package.size for package in lock.packages] == [len(BODY), len(SMALL)]
    assert any(isinstance(event, Warned) and "trusted on first use" in event.message for event in events)
    fetched = {one.resource.role: one for one in context.web.fetch(map(Source().artifact, lock.packages), context.layout.downloads)}
    assert Path(str(fetched["artifact:large"].path)).read_bytes() == BODY
    assert Path(str(fetched["artifact:small"].path)).read_bytes() == SMALL
    assert len(transport.requests) == 2


def test_the_digest_that_was_seen_first_counts(tmp_path: Path) -> None:
    first, _, _ = make_context(tmp_path / "one", {"large": BODY, "small": SMALL})
    seen = pin_first_use(first, [Source()], LOCK, None)  # type: ignore[list-item]
    other, transport, _ = make_context(tmp_path / "other", {"large": b"other bytes", "small": SMALL})
    lock = pin_first_use(other, [Source()], LOCK, seen)  # type: ignore[list-item]
    assert (lock.packages, transport.requests) == (seen.packages, [])
    with pytest.raises(Rejected, match="digest"):
        list(other.web.fetch([Source().artifact(lock.packages[0])], other.layout.downloads))
