"""The time, and the user who runs a command: what a line of the history records."""

import os
import time
from typing import Protocol


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> str:
        """Return the time as ``2026-11-20T08:00:00Z``."""

    def seconds(self) -> float:
        """Return seconds since the epoch."""


class SystemClock:
    """The system clock."""

    def now(self) -> str:
        """Return the time as ``2026-11-20T08:00:00Z``."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def seconds(self) -> float:
        """Return seconds since the epoch."""
        return time.time()


class FixedClock:
    """A clock that does not advance: for tests, simulations and reproducible packs."""

    def __init__(self, at: float = 0.0) -> None:
        """Stay at ``at`` seconds since the epoch."""
        self._at = at

    def now(self) -> str:
        """Return the time as ``2026-11-20T08:00:00Z``."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._at))

    def seconds(self) -> float:
        """Return seconds since the epoch."""
        return self._at


def identify_user() -> str:
    """Return ``user@host`` as the environment and the kernel report it; never fails."""
    user = os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"
    return f"{user}@{os.uname().nodename}"
