"""A web in memory, with time that passes only by sleeping: for tests, and to simulate hostile mirrors."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from nipsys.effects.web.transport import FetchError
from nipsys.model import Frozen, field

_PIECE = 1 << 16


class VirtualTimer:
    """Time that passes only by ``sleep``."""

    def __init__(self) -> None:
        """Start at zero."""
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Advance the time."""
        self.now += seconds


class CannedResponse(Frozen):
    """The response of an address."""

    body: bytes | Callable[[], Iterable[bytes]] = b""
    """The bytes, or a function that yields pieces: it may be endless, sleep, or raise ``FetchError``."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name. ``content-length`` is added for bytes."""


class SentRequest(Frozen):
    """A request that was received."""

    url: str
    headers: Mapping[str, str]


class MemoryTransport:
    """Responses from a dictionary; supports ``Range`` and ``If-None-Match``; unknown addresses are 404."""

    def __init__(self, answers: Mapping[str, CannedResponse | bytes]) -> None:
        """Serve ``answers`` by address; bytes are the body of a plain 200, and a status of 0 is a host that does not respond."""
        self.answers = dict(answers)
        self.requests: list[SentRequest] = []

    def open(self, url: str, headers: Mapping[str, str]) -> "MemoryReply":
        """Return the response of an address and log the request."""
        self.requests.append(SentRequest(url, dict(headers)))
        found = self.answers.get(url, CannedResponse(status=404))
        answer = CannedResponse(found) if isinstance(found, bytes) else found
        if answer.status == 0:
            raise FetchError("unreachable", "the host does not respond", transient=True)
        return _reply(answer, headers)

    def close(self) -> None:
        """Do nothing: no connection is held."""


class MemoryReply:
    """A response being read."""

    def __init__(self, status: int, headers: Mapping[str, str], pieces: Iterator[bytes]) -> None:
        """Read ``pieces`` one after the other."""
        self.status, self.headers = status, dict(headers)
        self._pieces, self._rest = pieces, b""

    def readinto(self, buffer: memoryview) -> int:
        """Read from the current piece; return the number of bytes, 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        amount = min(len(buffer), len(self._rest))
        buffer[:amount], self._rest = self._rest[:amount], self._rest[amount:]
        return amount

    def close(self) -> None:
        """Stop reading."""
        self._pieces, self._rest = iter(()), b""


def _reply(answer: CannedResponse, headers: Mapping[str, str]) -> MemoryReply:
    if not isinstance(answer.body, bytes):
        return MemoryReply(answer.status, answer.headers, iter(answer.body()))
    body, status, sent = answer.body, answer.status, dict(answer.headers)
    if "etag" in sent and headers.get("If-None-Match") == sent["etag"]:
        return MemoryReply(304, sent, iter(()))
    start = headers.get("Range", "").removeprefix("bytes=").rstrip("-")
    if status == 200 and start.isdigit():
        if int(start) >= len(body):
            return MemoryReply(416, {}, iter(()))
        sent["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        body, status = body[int(start) :], 206
    sent.setdefault("content-length", str(len(body)))
    return MemoryReply(status, sent, (body[place : place + _PIECE] for place in range(0, len(body), _PIECE)))
