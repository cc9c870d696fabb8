"""The time and who asks: the two facts a record needs from the world."""

import os
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> str:
        """Return the time as ``2026-11-20T08:00:00Z``."""

    def seconds(self) -> float:
        """Return seconds since the epoch."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> str:
        """Return the time as ``2026-11-20T08:00:00Z``."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def seconds(self) -> float:
        """Return seconds since the epoch."""
        return time.time()


class FixedClock:
    """A clock that stands still: for tests, models and reproducible packs."""

    def __init__(self, at: float = 0.0) -> None:
        """Stand at ``at`` seconds since the epoch."""
        self._at = at

    def now(self) -> str:
        """Return the time as ``2026-11-20T08:00:00Z``."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._at))

    def seconds(self) -> float:
        """Return seconds since the epoch."""
        return self._at


def who() -> str:
    """Return ``user@host`` as the environment and the kernel tell it; never fails."""
    user = os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"
    return f"{user}@{os.uname().nodename}"
