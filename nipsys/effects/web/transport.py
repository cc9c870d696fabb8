"""Transports: one request, one reply. The fetcher decides what to request, how often, and whether to accept the response."""

import time
from collections.abc import Mapping
from typing import Protocol

from nipsys.model import Frozen


class FetchPolicy(Frozen):
    """Timeouts and limits of a fetch; every bound is finite, so no mirror can stall it forever."""

    attempts: int = 4
    """Rounds over all addresses of a resource."""
    backoff: float = 0.5
    """Seconds before the second round; doubled before each further one."""
    connect_timeout: float = 15.0
    """Timeout in seconds for establishing a connection."""
    rate_window: float = 20.0
    """Seconds over which the rate is measured, and within which a response must begin."""
    min_rate: int = 1024
    """Minimum rate of a window, in bytes per second."""
    max_redirects: int = 8
    """Most redirects followed for one address."""


class Timer(Protocol):
    """The monotonic clock and the sleep that a fetch uses."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemTimer:
    """The system's monotonic clock."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class FetchError(Exception):
    """One attempt to fetch failed: why, and whether another may succeed."""

    def __init__(self, code: str, reason: str, *notes: str, transient: bool = False, wait: float = 0.0) -> None:
        """Hold a problem's code, a reason of one line, notes, and the seconds that the server asks to wait."""
        super().__init__(reason)
        self.code, self.reason, self.notes, self.transient, self.wait = code, reason, notes, transient, wait


class Reply(Protocol):
    """A response whose body has not been read yet."""

    @property
    def status(self) -> int:
        """Return the HTTP status; 200 and 404 for files."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by lower-case name."""

    def readinto(self, buffer: memoryview) -> int:
        """Read into ``buffer`` and return the number of bytes; 0 at the end. Raises ``FetchError``."""

    def close(self) -> None:
        """Release the response; a connection whose body was read to its end is kept for the next request."""


class Transport(Protocol):
    """Sends requests for some URL schemes."""

    def open(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Send one request; redirects are not followed. Raises ``FetchError`` when the server does not respond."""

    def close(self) -> None:
        """Close idle connections."""


class RateGuard:
    """Checks the rate of a stream, window by window."""

    def __init__(self, patience: FetchPolicy, pace: Timer) -> None:
        """Start the first window now."""
        self._patience, self._pace = patience, pace
        self._start, self._bytes = pace.monotonic(), 0

    @property
    def window(self) -> float:
        """Return the length of a window in seconds."""
        return self._patience.rate_window

    def count(self, amount: int) -> None:
        """Count received bytes; ``FetchError`` when a window ends below the minimum rate."""
        self._bytes += amount
        elapsed = self._pace.monotonic() - self._start
        if elapsed < self._patience.rate_window:
            return
        if self._bytes < self._patience.min_rate * elapsed:
            raise FetchError("too-slow", f"it sent {self._bytes} bytes in {elapsed:.0f} seconds", transient=True)
        self._start, self._bytes = self._pace.monotonic(), 0


def parse_number(text: str) -> int | None:
    """Return the number in a header; ``None`` unless it is decimal digits, few enough for a 64-bit number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
