"""One HTTP/1.1 connection, fed byte for byte from the other end."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from nipsys.effects.web.http import HttpReply, HttpTransport
from nipsys.effects.web.transport import FetchError, FetchPolicy

POLICY = FetchPolicy()
"""The usual patience: on a busy machine the far end may need a moment."""


class Line:
    """A transport, and the far end of its only connection."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.transport = HttpTransport(POLICY)
        self.far: socket.socket | None = None
        self.senders: list[threading.Thread] = []

    def ask(self, answer: bytes, *, piece: int = 0, end: bool = False) -> HttpReply:
        """Answer a request with ``answer``, in pieces when asked to, and hang up when told to."""

        def send() -> None:
            self.far = self.far or self.listener.accept()[0]
            with suppress(BrokenPipeError, ConnectionResetError):  # the reader may have had enough
                self.far.recv(1000)
                for place in range(0, len(answer), piece or len(answer)):
                    self.far.sendall(answer[place : place + (piece or len(answer))])
                if end:
                    self.far.shutdown(socket.SHUT_WR)

        self.senders.append(threading.Thread(target=send, daemon=True))
        self.senders[-1].start()
        return self.transport.open(self.url, {})

    def hang_up(self) -> None:
        """End the connection in the middle of a body."""
        self.senders[-1].join()
        assert self.far is not None
        self.far.shutdown(socket.SHUT_WR)

    @property
    def kept(self) -> bool:
        """Whether the connection waits for another request."""
        return any(self.transport._idle.values())

    def body(self, reply: HttpReply) -> bytes:
        """Read a body to its end."""
        found, room = b"", memoryview(bytearray(7))
        try:
            while amount := reply.readinto(room):
                found += bytes(room[:amount])
        finally:
            reply.close()
        return found

    def close(self) -> None:
        """Hang up, and let no sender outlive its socket."""
        self.transport.close()
        for sender in self.senders:
            sender.join()
        if self.far is not None:
            self.far.close()
        self.listener.close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@pytest.mark.parametrize("piece", [0, 1, 3])
def test_a_length_measures_a_body_and_the_next_response_follows(line: Line, piece: int) -> None:
    for word in (b"hello, world", b"again"):
        reply = line.ask(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag:  x \r\n\r\n%s" % (len(word), word), piece=piece)
        assert (reply.status, reply.headers["etag"].strip()) == (200, "x")
        assert line.body(reply) == word
        assert line.kept


@pytest.mark.parametrize("piece", [0, 1, 5])
def test_chunks_with_trailers_are_read(line: Line, piece: int) -> None:
    text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nB\r\n, world and\r\n0\r\nX: y\r\n\r\n"
    assert line.body(line.ask(text, piece=piece)) == b"hello, world and"
    assert line.kept


def test_what_has_arrived_is_returned_before_the_rest(line: Line) -> None:
    reply = line.ask(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    room = memoryview(bytearray(100))
    assert bytes(room[: reply.readinto(room)]) == b"half"
    line.hang_up()
    reply.close()
    assert not line.kept


def test_an_unmeasured_body_ends_with_the_connection(line: Line) -> None:
    assert line.body(line.ask(b"HTTP/1.0 200 OK\r\n\r\nall of it", end=True)) == b"all of it"
    assert not line.kept


def test_preliminary_responses_are_skipped(line: Line) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    assert line.body(line.ask(early * 2 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) == b"ok"
    assert line.kept


def test_bare_line_ends_are_accepted(line: Line) -> None:
    assert line.body(line.ask(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")) == b"ok"


def test_a_folded_header_is_one_line(line: Line) -> None:
    reply = line.ask(b"HTTP/1.1 304 No\r\nETag: one\r\n two\r\n\r\n")
    assert "\n" not in reply.headers["etag"]
    reply.close()


@pytest.mark.parametrize("status", [204, 304])
def test_some_responses_have_no_body(line: Line, status: int) -> None:
    reply = line.ask(b"HTTP/1.1 %d No\r\nContent-Length: 9\r\n\r\n" % status)
    assert line.body(reply) == b""
    assert line.kept


@pytest.mark.parametrize(("wish", "version", "kept"), [("close", 1, False), ("Keep-Alive", 0, True), ("", 0, False), ("", 1, True)])
def test_the_server_says_whether_the_connection_stays_open(line: Line, wish: str, version: int, kept: bool) -> None:
    line.body(line.ask(f"HTTP/1.{version} 200 OK\r\nConnection: {wish}\r\nContent-Length: 0\r\n\r\n".encode()))
    assert line.kept is kept


@pytest.mark.parametrize(("size", "kept"), [(1000, True), (1 << 20, False)])
def test_a_short_rest_is_read_to_keep_the_connection(line: Line, size: int, kept: bool) -> None:
    line.ask(b"HTTP/1.1 302 Moved\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)).close()
    assert line.kept is kept


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-9\r\nhello, world\r\n0\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nok", "bad-answer"),
        (b"HTTP/2 200 OK\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n", "bad-answer"),
        (b"SSH-2.0-x\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "unreachable"),
        (b"", "unreachable"),
    ],
)
def test_a_malformed_response_is_refused(line: Line, answer: bytes, code: str) -> None:
    with pytest.raises(FetchError) as refused:
        line.body(line.ask(answer or b"\0"[:0], piece=len(answer) or 1, end=True))
    assert refused.value.code == code
    assert not line.kept


@pytest.mark.parametrize(
    "url",
    [
        "http://h/a b",
        "http://h/a\r\nX: y",
        "http://h/\u00e9",
        "http:///x",
        "http://h:99999/",
        "http://h:x/",
        "http://[::1/",
        "http://[::1",
        "http://a..b/",
        "http://.a/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 127}aaa/",
    ],
)
def test_an_address_that_is_not_valid_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as refused:
        HttpTransport(POLICY).open(url, {})
    assert refused.value.code == "bad-address"


@pytest.mark.parametrize("proxy", ["http://[::1", "http://me:s3cret@a..b:1/", "http://me:s3cret@h:x"])
def test_a_proxy_that_is_not_valid_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(FetchError, match="http_proxy") as refused:
        HttpTransport(POLICY).open("http://h.example/", {})
    assert refused.value.code == "bad-address"
    assert "s3cret" not in "".join((refused.value.reason, *refused.value.notes))


def test_a_header_that_cannot_be_sent_is_refused(line: Line) -> None:
    with pytest.raises(FetchError) as refused:
        line.transport.open(line.url, {"If-None-Match": "\u4e00"})
    assert refused.value.code == "bad-answer"
