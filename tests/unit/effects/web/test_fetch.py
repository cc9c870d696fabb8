"""Fetching over every transport: one suite for files, loopback HTTP and memory."""

import errno
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from loopback import Server

from nipsys.effects.web.fake import MemoryTransport, VirtualTimer
from nipsys.effects.web.fetcher import Fetcher, FetchPolicy, OfflineWeb, Web
from nipsys.effects.web.transfer import Fetched
from nipsys.model.event import Advanced, Began, Ended, Event
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected

BODY = bytes(range(256)) * 3000
QUICK = FetchPolicy(attempts=3, backoff=0.01)


def sha(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


@dataclass
class Bench:
    """A web and a way to put files on it."""

    web: Web
    base: str
    put: Callable[[str, bytes], None]
    where: str

    def fetch(self, *resources: Resource) -> list[Fetched]:
        return list(self.web.fetch(resources, self.where))

    def resource(self, name: str, body: bytes = BODY, **more: object) -> Resource:
        return Resource(name, (f"{self.base}/{name}",), **{"limit": len(body), "digest": sha(body), **more})

    def kept(self) -> set[str]:
        return set(os.listdir(self.where))


@pytest.fixture(params=["http", "file", "memory"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Iterator[Bench]:
    transport = MemoryTransport({})
    in_memory = request.param == "memory"
    web = Fetcher(transport, QUICK, pace=VirtualTimer()) if in_memory else Fetcher(patience=QUICK)
    base = {"memory": "https://memory.example", "http": server.url, "file": server.root.as_uri()}[request.param]

    def put(name: str, body: bytes) -> None:
        transport.answers[f"{base}/{name}"] = body
        (server.root / name).write_bytes(body)

    yield Bench(web, base, put, str(tmp_path / "got"))
    web.close()


def refusal(bench: Bench, *resources: Resource) -> Rejected:
    with pytest.raises(Rejected) as caught:
        bench.fetch(*resources)
    return caught.value


def test_fetched_files_are_verified(bench: Bench) -> None:
    names = [f"file{number}" for number in range(20)]
    for name in names:
        bench.put(name, name.encode() * 5000)
    fetched = bench.fetch(*(bench.resource(name, name.encode() * 5000, size=len(name) * 5000) for name in names))
    assert {found.resource.role for found in fetched} == set(names)
    for found in fetched:
        assert found.path is not None
        assert Path(found.path).read_bytes() == found.resource.role.encode() * 5000
        assert os.path.basename(found.path) == (found.resource.digest or "").replace(":", "-")
    assert len(bench.kept()) == 20


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5", "blake3"])
def test_every_digest_algorithm_is_checked(bench: Bench, algorithm: str) -> None:
    from nipsys.model.digest import digest_of

    bench.put("it", BODY)
    assert bench.fetch(bench.resource("it", digest=digest_of(BODY, algorithm)))
    bench.put("it", BODY[:-1] + b"?")
    wrong = refusal(bench, bench.resource("it", digest=digest_of(BODY + b"!", algorithm), limit=10**7))
    assert wrong.problems[0].code == "wrong-digest"


def test_wrong_bytes_are_named_and_not_kept(bench: Bench) -> None:
    bench.put("it", b"!" + BODY[1:])
    (problem,) = refusal(bench, bench.resource("it")).problems
    assert problem.code == "wrong-digest"
    assert f"{bench.base}/it" in problem.message
    assert f"expected `{sha(BODY)}`" in problem.notes
    assert any(sha(b"!" + BODY[1:]) in note for note in problem.notes)
    assert problem.hint
    assert not bench.kept()


def test_the_next_address_is_tried(bench: Bench) -> None:
    bench.put("bad", b"!" + BODY[1:])
    bench.put("good", BODY)
    urls = tuple(f"{bench.base}/{name}" for name in ("missing", "bad", "good"))
    (found,) = bench.fetch(Resource("it", urls, len(BODY), digest=sha(BODY)))
    assert found.resource.urls[0] == urls[2]
    assert set(found.resource.urls) == set(urls)


def test_every_failure_is_reported(bench: Bench) -> None:
    bench.put("bad", b"!" + BODY[1:])
    urls = tuple(f"{bench.base}/{name}" for name in ("missing", "bad"))
    (problem,) = refusal(bench, Resource("it", urls, len(BODY), digest=sha(BODY))).problems
    assert problem.code == "wrong-digest"
    assert any(urls[0] in note and "not exist" in note for note in problem.notes)


def test_all_mistakes_come_at_once(bench: Bench) -> None:
    bench.put("good", BODY)
    problems = refusal(bench, bench.resource("one", b"1"), bench.resource("good"), bench.resource("two", b"2")).problems
    assert {problem.code for problem in problems} == {"not-found"}
    assert {problem.message.split("`")[1] for problem in problems} == {"one", "two"}
    assert bench.kept() == {sha(BODY).replace(":", "-")}


@pytest.mark.parametrize("change", [-1, 1])
def test_a_wrong_size_is_refused(bench: Bench, change: int) -> None:
    bench.put("it", BODY)
    (problem,) = refusal(bench, bench.resource("it", size=len(BODY) + change, limit=10**7)).problems
    assert problem.code == "wrong-size"
    assert not bench.kept()


def test_a_body_over_the_limit_is_refused(bench: Bench) -> None:
    bench.put("it", BODY)
    (problem,) = refusal(bench, bench.resource("it", limit=len(BODY) - 1)).problems
    assert problem.code == "too-large"
    assert not bench.kept()


def test_missing_is_an_answer_for_what_is_optional(bench: Bench) -> None:
    (found,) = bench.fetch(bench.resource("it", optional=True))
    assert found.path is None
    assert not found.unchanged
    (problem,) = refusal(bench, bench.resource("it")).problems
    assert problem.code == "not-found"
    assert problem.hint
    assert "nipsys update" in problem.hint
    (problem,) = refusal(bench, bench.resource("index", digest=None)).problems  # no lock knows it: nothing was there before
    assert problem.hint
    assert "mirror=" in problem.hint


def test_without_digest_the_bytes_get_one(bench: Bench) -> None:
    bench.put("it", BODY)
    (found,) = bench.fetch(bench.resource("it", digest=None))
    assert found.digest == sha(BODY)
    bench.put("it", b"other")
    (found,) = bench.fetch(bench.resource("it", digest=None))
    assert found.digest == sha(b"other")


def test_an_existing_file_is_verified_and_not_fetched(bench: Bench) -> None:
    bench.put("it", BODY)
    (first,) = bench.fetch(bench.resource("it"))
    bench.put("it", b"gone")
    (second,) = bench.fetch(bench.resource("it"))
    assert second.cached
    assert second.path == first.path
    assert first.path is not None
    Path(first.path).write_bytes(b"!" + BODY[1:])
    assert refusal(bench, bench.resource("it")).problems[0].code == "wrong-digest"
    bench.put("it", BODY)
    (third,) = bench.fetch(bench.resource("it"))
    assert not third.cached
    assert Path(str(third.path)).read_bytes() == BODY


def test_events_add_up(bench: Bench) -> None:
    events: list[Event] = []
    for name in "ab":
        bench.put(name, BODY)
    wanted = [bench.resource("a", size=len(BODY)), bench.resource("b", size=len(BODY))]
    list(bench.web.fetch(wanted, bench.where, events.append))
    assert isinstance(events[0], Began)
    assert events[0].total == 2 * len(BODY)
    assert isinstance(events[-1], Ended)
    assert sum(event.amount for event in events if isinstance(event, Advanced)) == 2 * len(BODY)


def test_nothing_to_do_is_silent(bench: Bench) -> None:
    events: list[Event] = []
    assert list(bench.web.fetch((), bench.where, events.append)) == []
    assert not events


def test_leaving_early_stops_the_workers(bench: Bench) -> None:
    for number in range(12):
        bench.put(f"f{number}", BODY)
    before = threading.active_count()
    running = bench.web.fetch([bench.resource(f"f{number}", digest=None) for number in range(12)], bench.where)
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert threading.active_count() <= before + 8  # the server's own threads end later


def test_two_roles_may_share_bytes(bench: Bench) -> None:
    bench.put("one", BODY)
    bench.put("two", BODY)
    fetched = bench.fetch(bench.resource("one"), bench.resource("two"))
    assert [found.path is not None for found in fetched] == [True, True]
    assert bench.kept() == {sha(BODY).replace(":", "-")}


def test_a_directory_that_cannot_be_written_is_reported(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file, no directory")
    bench.where = str(tmp_path / "blocked")
    bench.put("it", BODY)
    found = refusal(bench, bench.resource("it"))
    assert found.kind == "host"
    assert found.problems[0].code == "not-writable"


def test_a_full_disk_is_reported_and_the_part_file_emptied(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    bench.put("it", BODY)
    with monkeypatch.context() as patched:
        patched.setattr("nipsys.effects.web.receive.os.write", full)
        found = refusal(bench, bench.resource("it"))
    assert found.kind == "host"
    assert found.problems[0].code == "disk-full"
    assert "gc" in str(found.problems[0].hint)
    assert not bench.kept()


def test_an_unsupported_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        list(Fetcher(patience=QUICK).fetch([Resource("it", ("gopher://x.example/it",), 1)], str(tmp_path)))
    assert caught.value.problems[0].code == "bad-address"


def test_offline_reads_files_and_cache_only(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(BODY)
    near = Resource("near", ((tmp_path / "it").as_uri(),), len(BODY), digest=sha(BODY))
    assert len(list(OfflineWeb().fetch([near], str(tmp_path / "got")))) == 1
    far = Resource("far", ("https://far.example/it",), len(BODY), digest=sha(BODY))
    assert next(OfflineWeb().fetch([far], str(tmp_path / "got"))).cached
    with pytest.raises(Rejected) as caught:
        list(OfflineWeb().fetch([Resource("other", ("https://far.example/other",), 9)], str(tmp_path / "got")))
    assert caught.value.problems[0].code == "offline"
