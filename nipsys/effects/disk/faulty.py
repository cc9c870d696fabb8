"""Disks that fail: one that dies at its n-th effect as a killed process does, one whose kernel refuses, one that never syncs."""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from nipsys.effects.disk import portable as disk_plain
from nipsys.effects.disk.port import Disk, Effect

EFFECTS = ("mkdir", "write", "append", "symlink", "link", "rename", "exchange", "remove", "sync", "sync_directory")
"""The verbs that change something; the others look."""


class Killed(BaseException):
    """The process is no more: nothing it still wanted to do happens."""


@dataclass
class Fate:
    """What happens to the effects of a disk and of every disk within it."""

    dies_at: int | None = None
    """Number of the effect (0 is the first) that does not happen, and after which nothing does."""
    error: int | None = None
    """With ``fails_at``: the kernel refuses that effect with this errno, once."""
    fails_at: int | None = None
    among: Collection[str] = EFFECTS
    """The verbs that count."""
    forgets: Collection[str] = ()
    """Verbs that do nothing at all: ``sync`` and ``sync_directory`` make the mutant that a crash matrix must catch."""
    log: list[str] = field(default_factory=list)
    """The counted effects so far."""
    dead: bool = False

    def meet(self, verb: str) -> bool:
        """Count one effect; tell whether it happens."""
        if self.dead:
            raise Killed
        if verb in self.among:
            number = len(self.log)
            if number == self.dies_at:
                self.dead = True
                raise Killed
            self.log.append(verb)
            if number == self.fails_at and self.error is not None:
                raise OSError(self.error, os.strerror(self.error), verb)
        return verb not in self.forgets


class FaultyDisk:
    """Any disk, under a fate."""

    def __init__(self, disk: Disk, fate: Fate) -> None:
        """Pass everything on to ``disk`` as ``fate`` allows."""
        self._disk = disk
        self.fate = fate

    def within(self, path: str) -> "FaultyDisk":
        """Return the disk of a directory below, under the same fate."""
        self._alive()
        return FaultyDisk(self._disk.within(path), self.fate)

    def close(self) -> None:
        """Let go of the directory."""
        self._disk.close()

    def link(self, origin: "FaultyDisk", source: str, path: str) -> None:
        """Make a hard link."""
        if self.fate.meet("link"):
            self._disk.link(origin._disk, source, path)

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do many effects: each meets the fate by itself."""
        disk_plain.perform(self, effects)

    def _alive(self) -> None:
        if self.fate.dead:
            raise Killed

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        inner: Callable[..., Any] = getattr(self._disk, verb)

        def passed(*arguments: object, **named: object) -> object:
            if verb in EFFECTS:
                return inner(*arguments, **named) if self.fate.meet(verb) else None
            self._alive()
            return inner(*arguments, **named)

        return passed
