"""One HTTP/1.1 connection, fed byte for byte from the other end of a pair of sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from nipsys.effects.web.connection import Body, Connection, ResponseHead
from nipsys.effects.web.http import HttpTransport
from nipsys.effects.web.transport import FetchError, FetchPolicy, SystemTimer

PATIENCE = FetchPolicy(rate_window=2.0, min_rate=1)


class Line:
    """Both ends of a connection."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair()
        self.connection = Connection(near, PATIENCE, SystemTimer())
        self.senders: list[threading.Thread] = []

    def ask(self, answer: bytes, *, piece: int = 0, end: bool = False) -> ResponseHead:
        """Answer a request with ``answer``, in pieces when asked to, and hang up when told to."""

        def send() -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # the reader may have had enough
                for place in range(0, len(answer), piece or len(answer)):
                    self.far.sendall(answer[place : place + (piece or len(answer))])
                if end:
                    self.far.shutdown(socket.SHUT_WR)

        self.senders.append(threading.Thread(target=send, daemon=True))
        self.senders[-1].start()
        return self.connection.send_request(b"GET / HTTP/1.1\r\n\r\n")

    def close(self) -> None:
        """Hang up, and let no sender outlive its socket."""
        self.connection.close()
        for sender in self.senders:
            sender.join()
        self.far.close()

    def body(self, head: ResponseHead) -> bytes:
        """Read a body to its end."""
        body, found, room = Body(self.connection, head), b"", memoryview(bytearray(7))
        while amount := body.readinto(room):
            found += bytes(room[:amount])
        return found


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@pytest.mark.parametrize("piece", [0, 1, 3])
def test_a_length_measures_a_body_and_the_next_answer_follows(line: Line, piece: int) -> None:
    for word in (b"hello, world", b"again"):
        head = line.ask(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag:  x \r\n\r\n%s" % (len(word), word), piece=piece)
        assert (head.status, head.headers["etag"], head.keep_alive) == (200, "x", True)
        assert line.body(head) == word
        assert line.connection.drained


@pytest.mark.parametrize("piece", [0, 1, 5])
def test_chunks_with_trailers_are_read(line: Line, piece: int) -> None:
    text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nB\r\n, world and\r\n0\r\nX: y\r\n\r\n"
    assert line.body(line.ask(text, piece=piece)) == b"hello, world and"
    assert line.connection.drained


def test_an_unmeasured_body_ends_with_the_connection(line: Line) -> None:
    head = line.ask(b"HTTP/1.0 200 OK\r\n\r\nall of it", end=True)
    assert not head.keep_alive
    assert line.body(head) == b"all of it"
    assert not Body(line.connection, head).delimited


def test_a_preliminary_answer_is_passed_over(line: Line) -> None:
    assert line.body(line.ask(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) == b"ok"


def test_bare_line_ends_are_accepted(line: Line) -> None:
    assert line.body(line.ask(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")) == b"ok"


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(line: Line, status: int) -> None:
    head = line.ask(b"HTTP/1.1 %d No\r\nContent-Length: 9\r\n\r\n" % status)
    assert line.body(head) == b""
    assert line.connection.drained


@pytest.mark.parametrize(("wish", "version", "kept"), [("close", 1, False), ("Keep-Alive", 0, True), ("", 0, False), ("", 1, True)])
def test_the_server_says_whether_the_connection_stays_open(line: Line, wish: str, version: int, kept: object) -> None:
    head = line.ask(f"HTTP/1.{version} 200 OK\r\nConnection: {wish}\r\nContent-Length: 0\r\n\r\n".encode())
    assert head.keep_alive is kept


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "bad-answer"),
        (b"HTTP/2 200 OK\r\n\r\n", "bad-answer"),
        (b"SSH-2.0-x\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200", "unreachable"),
        (b"", "unreachable"),
    ],
)
def test_a_malformed_response_is_refused(line: Line, answer: bytes, code: str) -> None:
    with pytest.raises(FetchError) as refused:
        line.body(line.ask(answer or b"\0"[:0], piece=len(answer) or 1, end=True))
    assert refused.value.code == code


@pytest.mark.parametrize("url", ["http://h/a b", "http://h/a\r\nX: y", "http://h/\u00e9", "http:///x", "http://h:99999/", "http://h:x/"])
def test_an_address_with_unquoted_characters_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as refused:
        HttpTransport(PATIENCE).open(url, {})
    assert refused.value.code == "bad-address"
