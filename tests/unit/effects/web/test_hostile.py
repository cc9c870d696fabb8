"""Hostile servers: whatever they send, a fetch ends in one problem with the address, and the password in it is never shown."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nipsys.effects.web.fetcher import Fetcher, FetchPolicy
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Problem, Rejected

POLICY = FetchPolicy(attempts=2, backoff=0.01)
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LIMIT = 100_000


class RawServer:
    """Answers every request with the same bytes, for as long as the client reads them."""

    def __init__(self) -> None:
        self.pieces: Callable[[], Iterable[bytes]] = tuple
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, suppress(OSError):
                    client.recv(10_000)
                    self.requests += 1
                    for piece in self.pieces():
                        client.sendall(piece)

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = RawServer()
    yield made
    made.close()


def refuse(tmp_path: Path, url: str) -> Problem:
    """Fetch an address; return the one problem in which that must end."""
    web = Fetcher(patience=POLICY)
    with pytest.raises(Rejected) as caught:
        list(web.fetch([Resource("it", (url,), LIMIT)], str(tmp_path / "got")))
    web.close()
    (problem,) = caught.value.problems
    text = "\n".join((problem.message, *problem.notes, problem.hint or ""))
    assert "s3cret" not in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert all(path.suffix == ".part" for path in (tmp_path / "got").iterdir())
    return problem


ENDLESS = {
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "bad-answer"),
    "103 Early Hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", "bad-answer"),
    "trailers": (CHUNKED + b"5\r\nhello\r\n0\r\n", b"X: y\r\n", "bad-answer"),
    "chunk header": (CHUNKED + b"5;", b"x", "bad-answer"),
    "chunks": (CHUNKED, b"3;" + b"x" * 50_000 + b"\r\nabc\r\n", "too-large"),
    "negative chunk": (CHUNKED, b"-9\r\nabc\r\n", "too-large"),
    "status line": (b"HTTP/1.1 200 ", b"x", "bad-answer"),
    "headers": (HEAD, b"X: y\r\n", "bad-answer"),
    "header": (HEAD + b"X: ", b"y", "bad-answer"),
    "body": (HEAD + b"\r\n", b"x", "too-large"),
    "redirect body": (b"HTTP/1.1 302 Moved\r\nLocation: x\r\n\r\n", b"x", "redirect-loop"),
    "garbage": (b"", b"\0\n", "bad-answer"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_cut_off(server: RawServer, tmp_path: Path, name: str) -> None:
    first, again, code = ENDLESS[name]
    part = again * (1 + 4000 // len(again))
    server.pieces = lambda: itertools.chain((first,), itertools.repeat(part))
    problem = refuse(tmp_path, f"http://me:s3cret@{server.place}/it")
    assert problem.code == code
    assert f"`http://{server.place}/it`" in problem.message


MALFORMED = {
    "length of 5000 digits": HEAD + b"Content-Length: " + b"5" * 5000 + b"\r\n\r\nx",
    "length in superscript": HEAD + b"Content-Length: \xb2\r\n\r\nxx",
    "lengths that differ": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "chunk size of 5000 digits": CHUNKED + b"f" * 5000 + b"\r\nhello",
    "Retry-After in superscript": b"HTTP/1.1 503 Busy\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n",
    "Retry-After of 5000 digits": b"HTTP/1.1 400 No\r\nRetry-After: " + b"9" * 5000 + b"\r\nContent-Length: 0\r\n\r\n",
    "header without a name": HEAD + b"\xff\xff\r\n\r\n",
    "escape sequences": b"\x1b]0;owned\x07\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_response_is_one_problem(server: RawServer, tmp_path: Path, name: str) -> None:
    server.pieces = lambda: (MALFORMED[name],)
    problem = refuse(tmp_path, f"http://me:s3cret@{server.place}/it")
    assert problem.code in {"bad-answer", "truncated", "unreachable"}
    assert f"`http://{server.place}/it`" in problem.message


LOCATIONS = ["http://[::1/", "http://a..b/", f"http://{'a' * 64}.example/", "http://h:99999/", "http://\x1b[31m/", "http://\xe9.example/"]


@pytest.mark.parametrize("location", LOCATIONS)
def test_a_redirect_to_an_address_that_is_not_valid_is_one_problem(server: RawServer, tmp_path: Path, location: str) -> None:
    answer = f"HTTP/1.1 302 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    server.pieces = lambda: (answer,)
    problem = refuse(tmp_path, f"http://me:s3cret@{server.place}/it")
    assert problem.code in {"bad-answer", "bad-address"}
    assert f"`http://{server.place}/it`" in problem.message
    assert server.requests == 1


def test_a_redirect_does_not_show_a_password_either(server: RawServer, tmp_path: Path) -> None:
    answer = f"HTTP/1.1 302 Moved\r\nLocation: http://you:s3cret@{server.place}/it\r\nContent-Length: 0\r\n\r\n".encode()
    server.pieces = lambda: (answer,)
    problem = refuse(tmp_path, f"http://{server.place}/it")
    assert problem.code == "redirect-loop"
    assert f"last to `http://{server.place}/it`" in problem.notes


@pytest.mark.parametrize(
    "url",
    ["http://me:s3cret@[::1/it", "http://me:s3cret@a..b/it", "http://me:s3cret@h:x/it", "http://me:s3/cret@h/it", "http://me:s3cret@/"],
)
def test_an_address_that_is_not_valid_is_one_problem(tmp_path: Path, url: str) -> None:
    problem = refuse(tmp_path, url)
    assert problem.code == "bad-address"
    assert "cret" not in problem.message
