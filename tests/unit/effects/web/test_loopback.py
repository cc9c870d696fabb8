"""Fetching over real sockets: resume, retry, redirects, slow and broken servers, proxies."""

import hashlib
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from loopback import Handler, Server

from nipsys.effects.web.fake import VirtualTimer
from nipsys.effects.web.fetcher import Fetcher, FetchPolicy
from nipsys.effects.web.transfer import Fetched
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Problem, Rejected

BODY = os.urandom(400_000)
PATIENCE = 300.0
"""Seconds to wait for what happens soon, even on a busy machine."""
DIGEST = "sha256:" + hashlib.sha256(BODY).hexdigest()
QUICK = FetchPolicy(attempts=3, backoff=0.01)
"""Quick to try again; slow to give up on a server, which on a busy machine may need a while."""
IMPATIENT = FetchPolicy(attempts=3, backoff=0.01, rate_window=0.4, min_rate=4096)
"""For servers that would go on for ever."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fetch(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Fetched]]:
    (server.root / "it").write_bytes(BODY)
    web = Fetcher(patience=getattr(request, "param", QUICK))

    def run(url: str = "/it", **more: object) -> Fetched:
        resource = Resource("it", (server.url + url if url.startswith("/") else url,), **{"limit": len(BODY), "digest": DIGEST, **more})
        (found,) = web.fetch([resource], str(tmp_path / "got"))
        return found

    yield run
    web.close()


def problem(fetch: Callable[..., Fetched], *arguments: str, **more: object) -> Problem:
    with pytest.raises(Rejected) as caught:
        fetch(*arguments, **more)
    return caught.value.problems[0]


def cut(handler: Handler, body: bytes) -> bool:
    """Send the first half and hang up, the first time."""
    if handler.server.seen[handler.path] > 1:
        return False
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True
    return True


def test_a_cut_body_is_resumed_from_where_it_broke(server: Server, fetch: Callable[..., Fetched]) -> None:
    server.behaviours["/it"] = cut
    found = fetch()
    assert Path(str(found.path)).read_bytes() == BODY
    ranges = [headers.get("Range") for _, headers in server.requests]
    assert ranges == [None, f"bytes={len(BODY) // 2}-"]


def test_a_part_of_an_earlier_run_is_resumed(server: Server, fetch: Callable[..., Fetched], tmp_path: Path) -> None:
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / f"{DIGEST.replace(':', '-')}.part").write_bytes(BODY[:1000])
    assert Path(str(fetch().path)).read_bytes() == BODY
    assert server.requests[0][1]["Range"] == "bytes=1000-"
    assert os.listdir(tmp_path / "got") == [DIGEST.replace(":", "-")]


@pytest.mark.parametrize("part", [b"?" * 1000, b"?" * len(BODY), BODY + b"?"], ids=["wrong", "whole but wrong", "too long"])
def test_a_corrupt_part_is_fetched_again_from_the_start(fetch: Callable[..., Fetched], tmp_path: Path, part: bytes) -> None:
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / f"{DIGEST.replace(':', '-')}.part").write_bytes(part)
    assert Path(str(fetch().path)).read_bytes() == BODY


def test_a_server_without_ranges_sends_all(server: Server, fetch: Callable[..., Fetched], tmp_path: Path) -> None:
    def whole(handler: Handler, body: bytes) -> bool:
        handler.answer(200, body)
        return True

    server.behaviours["/it"] = whole
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / f"{DIGEST.replace(':', '-')}.part").write_bytes(BODY[:1000])
    assert Path(str(fetch().path)).read_bytes() == BODY


def test_another_range_than_asked_for_is_refused(server: Server, fetch: Callable[..., Fetched], tmp_path: Path) -> None:
    def shifted(handler: Handler, body: bytes) -> bool:
        handler.answer(206, body[5:], ("Content-Range", f"bytes 5-{len(body) - 1}/{len(body)}"))
        return True

    server.behaviours["/it"] = shifted
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / f"{DIGEST.replace(':', '-')}.part").write_bytes(BODY[:1000])
    assert problem(fetch).code == "bad-answer"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_busy_server_is_asked_again(server: Server, fetch: Callable[..., Fetched], status: int) -> None:
    def busy(handler: Handler, body: bytes) -> bool:
        if handler.server.seen["/it"] > 2:
            return False
        handler.answer(status, b"busy", ("Retry-After", "0"))
        return True

    server.behaviours["/it"] = busy
    assert Path(str(fetch().path)).read_bytes() == BODY
    assert server.seen["/it"] == 3


@pytest.mark.parametrize("status", [400, 401, 403, 451])
def test_a_refusal_is_not_asked_again(server: Server, fetch: Callable[..., Fetched], status: int) -> None:
    def refuse(handler: Handler, body: bytes) -> bool:
        handler.answer(status, b"no")
        return True

    server.behaviours["/it"] = refuse
    found = problem(fetch, optional=True)
    assert found.code == "bad-answer"
    assert str(status) in found.message
    assert server.seen["/it"] == 1


def test_attempts_are_limited(server: Server, fetch: Callable[..., Fetched]) -> None:
    def never(handler: Handler, body: bytes) -> bool:
        handler.answer(503, b"busy")
        return True

    server.behaviours["/it"] = never
    assert problem(fetch).code == "bad-answer"
    assert server.seen["/it"] == QUICK.attempts


def redirect(*targets: str, status: int = 302) -> Callable[[Handler, bytes], bool]:
    def move(handler: Handler, body: bytes) -> bool:
        handler.answer(status, b"moved", ("Location", targets[0]))
        return True

    return move


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: Server, fetch: Callable[..., Fetched], status: int) -> None:
    server.behaviours["/old"] = redirect("/older/../it", status=status)
    found = fetch("/old")
    assert Path(str(found.path)).read_bytes() == BODY
    assert found.resource.urls[0].endswith("/old")


def test_a_redirect_loop_is_refused(server: Server, fetch: Callable[..., Fetched]) -> None:
    server.behaviours |= {"/a": redirect("/b"), "/b": redirect("/a")}
    assert problem(fetch, "/a").code == "redirect-loop"
    assert server.seen["/a"] == 1


def test_endless_redirects_are_refused(server: Server, fetch: Callable[..., Fetched]) -> None:
    server.behaviours |= {f"/r{number}": redirect(f"/r{number + 1}") for number in range(30)}
    assert problem(fetch, "/r0").code == "redirect-loop"
    assert len(server.requests) == QUICK.max_redirects + 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://x.example/it", ""])
def test_redirects_elsewhere_are_refused(server: Server, fetch: Callable[..., Fetched], target: str) -> None:
    server.behaviours["/old"] = redirect(target)
    assert problem(fetch, "/old").code in {"weaker-redirect", "bad-answer"}


@pytest.mark.parametrize("fetch", [IMPATIENT], indirect=True)
def test_a_dripping_body_is_cut_off(server: Server, fetch: Callable[..., Fetched]) -> None:
    def drip(handler: Handler, body: bytes) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with suppress(OSError):  # the client hung up
            for place in itertools.cycle(range(len(body))):
                handler.wfile.write(body[place : place + 1])
                time.sleep(0.02)
        handler.close_connection = True
        return True

    server.behaviours["/it"] = drip
    assert problem(fetch).code == "too-slow"


@pytest.mark.parametrize("fetch", [IMPATIENT], indirect=True)
def test_dripping_headers_are_cut_off(server: Server, fetch: Callable[..., Fetched]) -> None:
    def drip(handler: Handler, body: bytes) -> bool:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):  # the client hung up
            while True:
                handler.wfile.write(b"X")
                time.sleep(0.02)
        handler.close_connection = True
        return True

    server.behaviours["/it"] = drip
    assert problem(fetch).code == "too-slow"


@pytest.mark.parametrize("fetch", [IMPATIENT], indirect=True)
def test_silence_is_cut_off(server: Server, fetch: Callable[..., Fetched]) -> None:
    given_up = threading.Event()

    def silent(handler: Handler, body: bytes) -> bool:
        given_up.wait()
        handler.close_connection = True
        return True

    server.behaviours["/it"] = silent
    try:
        assert problem(fetch).code in {"too-slow", "unreachable"}
    finally:
        given_up.set()


def test_an_endless_body_is_cut_off(server: Server, fetch: Callable[..., Fetched], tmp_path: Path) -> None:
    def endless(handler: Handler, body: bytes) -> bool:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            handler.close_connection = True
        return True

    server.behaviours["/it"] = endless
    assert problem(fetch).code == "too-large"
    assert not os.listdir(tmp_path / "got")


def test_chunked_bodies_are_read(server: Server, fetch: Callable[..., Fetched]) -> None:
    def chunked(handler: Handler, body: bytes) -> bool:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for place in range(0, len(body), 70_000):
            piece = body[place : place + 70_000]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")
        return True

    server.behaviours["/it"] = chunked
    assert Path(str(fetch().path)).read_bytes() == BODY


def test_connections_are_kept(server: Server, tmp_path: Path) -> None:
    for number in range(30):
        (server.root / f"f{number}").write_bytes(b"%d" % number)
    web = Fetcher(patience=QUICK, workers=2)
    resources = [Resource(f"f{number}", (f"{server.url}/f{number}",), 9) for number in range(30)]
    assert len(list(web.fetch(resources, str(tmp_path / "got")))) == 30
    assert server.connections <= 2
    assert len(list(web.fetch(resources, str(tmp_path / "got")))) == 30
    assert server.connections <= 2
    web.close()


def test_a_kept_connection_that_died_is_replaced(server: Server, fetch: Callable[..., Fetched]) -> None:
    def goodbye(handler: Handler, body: bytes) -> bool:
        handler.answer(200, body)
        handler.close_connection = True  # without having said so
        return True

    server.behaviours["/it"] = goodbye
    for _ in range(3):
        assert fetch(digest=None).path


def test_an_unreachable_host_is_reported(fetch: Callable[..., Fetched]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = problem(fetch, f"http://127.0.0.1:{port}/it")
    assert found.code == "unreachable"
    assert f"127.0.0.1:{port}" in found.message
    assert found.hint


def test_a_host_that_is_down_is_given_up_for_all(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    timer = VirtualTimer()
    resources = [Resource(f"f{number}", (f"http://127.0.0.1:{port}/f{number}",), 9) for number in range(8)]
    with pytest.raises(Rejected):
        list(Fetcher(patience=FetchPolicy(attempts=3, backoff=20.0), pace=timer, workers=1).fetch(resources, str(tmp_path)))
    assert timer.now == 20.0 + 40.0  # one host, tried three times: not each of its eight files


def test_an_unchanged_text_is_not_sent_again(server: Server, fetch: Callable[..., Fetched]) -> None:
    def tagged(handler: Handler, body: bytes) -> bool:
        if handler.headers.get("If-None-Match") == '"one"':
            handler.send_response(304)
            handler.end_headers()
        else:
            handler.answer(200, body, ("ETag", '"one"'), ("Last-Modified", "Fri, 20 Nov 2026 20:00:00 GMT"))
        return True

    server.behaviours["/it"] = tagged
    first = fetch(digest=None)
    assert dict(first.headers) == {"etag": '"one"', "last-modified": "Fri, 20 Nov 2026 20:00:00 GMT"}
    second = fetch(digest=None, headers=(("If-None-Match", '"one"'),))
    assert second.unchanged
    assert second.path is None


def test_a_password_is_used_and_not_shown(server: Server, fetch: Callable[..., Fetched]) -> None:
    def guarded(handler: Handler, body: bytes) -> bool:
        if handler.headers.get("Authorization") == "Basic bWU6czNjcmV0":
            return False
        handler.answer(401, b"")
        return True

    server.behaviours["/it"] = guarded
    host = server.url.removeprefix("http://")
    assert fetch(f"http://me:s3cret@{host}/it").path
    server.behaviours["/other"] = guarded
    wrong = problem(fetch, f"http://me:wr0ng@{host}/other", digest="sha256:" + "0" * 64)
    assert "wr0ng" not in wrong.message + "".join(wrong.notes)


def test_the_environment_names_a_proxy(
    server: Server, fetch: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def proxied(handler: Handler, body: bytes) -> bool:
        asked.append(handler.path)
        handler.answer(200, BODY)
        return True

    server.behaviours["http://far.example/it"] = proxied
    monkeypatch.setenv("http_proxy", server.url)
    assert fetch("http://far.example/it", digest=None).path
    assert asked == ["http://far.example/it"]
    monkeypatch.setenv("no_proxy", "elsewhere.example, .0.0.1,far.example")
    later = Fetcher(patience=QUICK)
    with pytest.raises(Rejected, match="no such host"):
        list(later.fetch([Resource("it", ("http://far.example/it",), len(BODY))], str(tmp_path / "later")))
    assert fetch("/it").path


@pytest.mark.parametrize("begun", [False, True], ids=["no head", "half a body"])
def test_leaving_does_not_wait_for_a_silent_server_and_nothing_is_written_after(server: Server, tmp_path: Path, begun: bool) -> None:
    asked, speak, spoken = threading.Event(), threading.Event(), threading.Event()

    def silent(handler: Handler, body: bytes) -> bool:
        half = len(body) // 2 if begun else 0
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        if begun:
            handler.wfile.write(head + body[:half])
        asked.set()
        speak.wait()
        handler.wfile.write(body[half:] if begun else head + body)
        handler.close_connection = True
        spoken.set()
        return True

    server.behaviours["/silent"] = silent
    (server.root / "silent").write_bytes(BODY)
    (server.root / "quick").write_bytes(BODY[:9])
    where, before = tmp_path / "got", set(threading.enumerate())
    web = Fetcher(patience=FetchPolicy(rate_window=3600.0))
    running = web.fetch([Resource(name, (f"{server.url}/{name}",), len(BODY)) for name in ("quick", "silent")], str(where))
    assert next(running).resource.role == "quick"
    assert asked.wait(PATIENCE)
    (worker,) = (thread for thread in set(threading.enumerate()) - before if getattr(thread, "_target", None) == web._work)
    if begun:
        await_size(where, len(BODY) // 2)
    running.close()  # type: ignore[attr-defined]
    assert worker.is_alive(), "it did not wait for the server"
    kept = {path.name: path.stat().st_size for path in where.iterdir()}
    speak.set()
    assert spoken.wait(PATIENCE)
    worker.join(PATIENCE)
    assert not worker.is_alive()
    assert {path.name: path.stat().st_size for path in where.iterdir()} == kept
    assert len(kept) == (2 if begun else 1)
    web.close()


def await_size(where: Path, size: int) -> None:
    """Wait until a part file of ``where`` has so many bytes."""
    until = time.monotonic() + PATIENCE
    while not any(path.stat().st_size == size for path in where.glob("*.part")):
        assert time.monotonic() < until
        time.sleep(0.005)
