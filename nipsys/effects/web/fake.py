"""A web in memory: addresses to answers, and time that passes only when somebody waits. For tests and hostile mirrors."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from nipsys.effects.web.transport import Refused
from nipsys.model.value import Frozen, field

_PIECE = 1 << 16


class VirtualPace:
    """Time that passes when somebody sleeps, and by as much."""

    def __init__(self) -> None:
        """Start at zero."""
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Answer(Frozen):
    """What an address answers."""

    body: bytes | Callable[[], Iterable[bytes]] = b""
    """The bytes, or a maker of pieces; a maker may not end, may sleep on the pace, and may raise ``Refused``."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name. ``content-length`` is added for bytes."""


class Asked(Frozen):
    """One request that came."""

    url: str
    headers: Mapping[str, str]


class MemoryTransport:
    """Answers from a dictionary; understands ``Range``, ``If-None-Match``; unknown addresses are 404."""

    def __init__(self, answers: Mapping[str, Answer | bytes]) -> None:
        """Answer each address of ``answers``; a value of bytes is a plain 200."""
        self.answers = dict(answers)
        self.asked: list[Asked] = []

    def open(self, url: str, headers: Mapping[str, str]) -> "MemoryReply":
        """Return the answer of an address, and note that it was asked."""
        self.asked.append(Asked(url, dict(headers)))
        found = self.answers.get(url, Answer(status=404))
        answer = Answer(found) if isinstance(found, bytes) else found
        if answer.status == 0:
            raise Refused("unreachable", "the host does not answer", transient=True)
        return _reply(answer, headers)

    def close(self) -> None:
        """Nothing is kept."""


class MemoryReply:
    """An answer being read."""

    def __init__(self, status: int, headers: Mapping[str, str], pieces: Iterator[bytes]) -> None:
        """Read ``pieces`` one after the other."""
        self.status, self.headers = status, dict(headers)
        self._pieces, self._rest = pieces, b""

    def readinto(self, buffer: memoryview) -> int:
        """Read what there is of the current piece."""
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


def _reply(answer: Answer, headers: Mapping[str, str]) -> MemoryReply:
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
