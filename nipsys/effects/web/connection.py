"""One HTTP/1.1 connection: send a request, read the head of the response, read its body up to its end (RFC 9112).

Minimal on purpose: an index of Python or npm packages is thousands of small responses, and http.client spends more time on the head of
one than it takes to hash and write its body. Every byte passes the rate guard, so a server cannot stall a fetch by sending slowly.
"""

import re
import socket
from collections.abc import Mapping
from typing import NamedTuple

from nipsys.effects.web.transport import FetchError, FetchPolicy, RateGuard, Timer

_HEAD = 1 << 16
"""Most bytes of a head, or of the line before a chunk."""
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-9]\d\d)(?: .*)?").fullmatch
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?").fullmatch


class ResponseHead(NamedTuple):
    """Status and headers of a response."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name; the last of repeated ones."""
    keep_alive: bool
    """The server keeps the connection open after the body."""


class Connection:
    """A socket with a read buffer."""

    def __init__(self, sock: socket.socket, patience: FetchPolicy, pace: Timer) -> None:
        """Take over a connected socket."""
        self.socket, self._patience, self._pace = sock, patience, pace
        sock.settimeout(patience.rate_window)
        self._buffer = bytearray(_HEAD)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._guard = RateGuard(patience, pace)

    def send_request(self, request: bytes) -> ResponseHead:
        """Send a request and read the head of the response; ``FetchError`` when it is not valid HTTP, ``OSError`` when the socket fails."""
        self._guard = RateGuard(self._patience, self._pace)
        self.socket.sendall(request)
        while True:
            head = _parse_head(self._read_head())
            if head.status >= 200:
                return head

    def readinto(self, buffer: memoryview) -> int:
        """Read available bytes into ``buffer`` and return their number; 0 when the server has closed the connection."""
        amount = min(self._end - self._start, len(buffer))
        if amount:
            buffer[:amount] = self._view[self._start : self._start + amount]
            self._start += amount
            return amount
        return self._receive(buffer)

    def read_line(self) -> bytes:
        """Read a line; return it without its line end."""
        while True:
            place = self._buffer.find(b"\n", self._start, self._end)
            if place >= 0:
                line = bytes(self._view[self._start : place]).rstrip(b"\r")
                self._start = place + 1
                return line
            self._read_more()

    @property
    def drained(self) -> bool:
        """Return whether the read buffer is empty: only then may another request follow."""
        return self._start == self._end

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def _read_head(self) -> str:
        """Read a head, up to the first empty line."""
        while True:
            for mark in (b"\r\n\r\n", b"\n\n"):
                place = self._buffer.find(mark, self._start, self._end)
                if place >= 0:
                    text = bytes(self._view[self._start : place]).decode("latin-1")
                    self._start = place + len(mark)
                    return text
            self._read_more()

    def _read_more(self) -> None:
        if self._start:
            rest = bytes(self._view[self._start : self._end])
            self._buffer[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
        if self._end == _HEAD:
            raise FetchError("bad-answer", f"the head of its response is longer than {_HEAD} bytes")
        amount = self._receive(self._view[self._end :])
        if not amount:
            raise FetchError("unreachable", "the server closed the connection", transient=True)
        self._end += amount

    def _receive(self, buffer: memoryview) -> int:
        try:
            amount = self.socket.recv_into(buffer)
        except TimeoutError:
            self._guard.count(0)
            raise FetchError("too-slow", "it sent nothing for too long", transient=True) from None
        self._guard.count(amount)
        return amount


class Body:
    """The body of a response: by its length, in chunks, or up to the end of the connection."""

    def __init__(self, connection: Connection, head: ResponseHead) -> None:
        """Find out how its end is marked; ``FetchError`` when the head does not say."""
        self._connection = connection
        coding = head.headers.get("transfer-encoding", "").lower()
        length = head.headers.get("content-length", "")
        self._chunked = coding == "chunked"
        if (coding and not self._chunked) or (length and not (length.isascii() and length.isdecimal())):
            raise FetchError("bad-answer", "it does not say where its response ends")
        bodiless = head.status in {204, 304}
        self._measured = self._chunked or bool(length) or bodiless
        self.left = 0 if self._chunked or bodiless or not length else int(length)
        """Bytes left of the body, or of the current chunk."""
        self.ended = bodiless or (self._measured and not self._chunked and not self.left)
        self._after_chunk = False

    @property
    def delimited(self) -> bool:
        """Return whether the body has a marked end, so that the connection can be used again."""
        return self._measured

    def readinto(self, buffer: memoryview) -> int:
        """Read a part of the body and return its size; 0 at the end. ``FetchError`` when the connection ends early."""
        if self._chunked and not self.left and not self.ended:
            self._next_chunk()
        if self.ended:
            return 0
        amount = self._connection.readinto(buffer[: self.left] if self._measured else buffer)
        if not self._measured:
            self.ended = not amount
            return amount
        self.left -= amount
        if not amount:
            raise FetchError("truncated", "the connection broke", transient=True)
        self.ended = not self._chunked and not self.left
        return amount

    def _next_chunk(self) -> None:
        if self._after_chunk and self._connection.read_line():
            raise FetchError("bad-answer", "its chunked encoding is malformed")
        found = _CHUNK(self._connection.read_line())
        if found is None:
            raise FetchError("bad-answer", "its chunked encoding is malformed")
        self.left, self._after_chunk = int(found[1], 16), True
        if not self.left:
            while self._connection.read_line():
                pass
            self.ended = True


def _parse_head(text: str) -> ResponseHead:
    first, *lines = text.replace("\r\n", "\n").split("\n")
    found = _STATUS(first)
    if found is None:
        raise FetchError("bad-answer", "its response is not HTTP/1.x")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "\t")):
            headers[name.lower()] = value.strip()
    wanted = headers.get("connection", "").lower()
    kept = "keep-alive" in wanted if found[1] == "0" else "close" not in wanted
    return ResponseHead(int(found[2]), headers, kept)
