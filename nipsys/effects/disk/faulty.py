"""Fault injection: a disk that dies at its n-th effect as a killed process does, that returns an error, or that never syncs."""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from nipsys.effects.disk import portable
from nipsys.effects.disk.port import Disk, Effect

EFFECTS = ("mkdir", "write", "append", "symlink", "link", "rename", "exchange", "remove", "sync", "sync_directory")
"""The methods that change something; the others only read."""


class Killed(BaseException):
    """The process was killed: none of its later effects happen."""


@dataclass
class FaultPlan:
    """Which effects fail, on a disk and on every disk opened below it."""

    crash_at: int | None = None
    """Number of the effect (0 is the first) at which the process dies: neither it nor any later one happens."""
    error: int | None = None
    """With ``fail_at``: that effect fails with this errno, once."""
    fail_at: int | None = None
    counted: Collection[str] = EFFECTS
    """The effects that are counted."""
    ignored: Collection[str] = ()
    """Effects that are silently skipped: skipping ``sync`` and ``sync_directory`` is the mutant that a crash matrix must catch."""
    log: list[str] = field(default_factory=list)
    """The counted effects so far."""
    dead: bool = False

    def admit(self, verb: str) -> bool:
        """Count one effect and return whether it happens; ``Killed`` once the process is dead, ``OSError`` for the one that fails."""
        if self.dead:
            raise Killed
        if verb in self.counted:
            number = len(self.log)
            if number == self.crash_at:
                self.dead = True
                raise Killed
            self.log.append(verb)
            if number == self.fail_at and self.error is not None:
                raise OSError(self.error, os.strerror(self.error), verb)
        return verb not in self.ignored


class FaultyDisk:
    """A disk whose effects fail as planned."""

    def __init__(self, disk: Disk, fate: FaultPlan) -> None:
        """Pass every call on to ``disk`` as far as ``plan`` allows."""
        self._disk = disk
        self.plan = fate

    def open_directory(self, path: str) -> "FaultyDisk":
        """Return the disk of a directory below, with the same faults."""
        self._check_alive()
        return FaultyDisk(self._disk.open_directory(path), self.plan)

    def close(self) -> None:
        """Close the directory."""
        self._disk.close()

    def link(self, origin: "FaultyDisk", source: str, path: str) -> None:
        """Make a hard link."""
        if self.plan.admit("link"):
            self._disk.link(origin._disk, source, path)

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do many effects, each counted by itself."""
        portable.perform(self, effects)

    def _check_alive(self) -> None:
        if self.plan.dead:
            raise Killed

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        inner: Callable[..., Any] = getattr(self._disk, verb)

        def passed(*arguments: object, **named: object) -> object:
            if verb in EFFECTS:
                return inner(*arguments, **named) if self.plan.admit(verb) else None
            self._check_alive()
            return inner(*arguments, **named)

        return passed
