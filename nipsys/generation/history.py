"""The append-only record of operations: one JSON object a line, each holding the digest of the line before it.

A line that a power cut tore is kept and skipped: the chain goes on from the last whole one.
"""

import json
from collections.abc import Iterator

from nipsys.effects.disk import Disk
from nipsys.model.digest import blake3_of, canonical
from nipsys.model.frozen import Frozen, asdict

_FILE = "history"


class Operation(Frozen):
    """One line."""

    what: str
    """``apply``, ``rollback``, ``delete``, ``gc``, ``heal``, ..."""
    when: str
    """``2026-11-20T08:00:00Z``."""
    who: str
    before: int | None
    """Number of the generation that was current."""
    after: int | None
    """Number of the generation that is current now."""
    lock: str = ""
    """Digest of the lock of ``after``."""
    detail: str = ""
    previous: str = ""
    """Digest of the line before."""


class Broken(Frozen):
    """A line that does not follow from the one before it, or is none."""

    line: int
    why: str


class History:
    """The history of one root."""

    def __init__(self, disk: Disk) -> None:
        """Read and add by the root's disk."""
        self._disk = disk

    def operations(self) -> tuple[Operation, ...]:
        """Give all operations, oldest first; torn lines are left out."""
        return tuple(entry for entry, _ in self._lines() if entry is not None)

    def last(self) -> Operation | None:
        """Give the newest operation."""
        operations = self.operations()
        return operations[-1] if operations else None

    def add(self, operation: Operation) -> None:
        """Add an operation, chained to the last, and make it durable."""
        text = self._text()
        whole = [line for entry, line in self._lines(text) if entry is not None]
        chained = asdict(operation) | {"previous": blake3_of(whole[-1]) if whole else ""}
        mend = b"\n" if text and not text.endswith(b"\n") else b""
        self._disk.append(_FILE, mend + canonical(chained) + b"\n")

    def check(self) -> tuple[Broken, ...]:
        """Give every place where the chain does not hold."""
        broken = []
        previous = ""
        for number, (entry, line) in enumerate(self._lines(), 1):
            if entry is None:
                broken.append(Broken(number, "the line is torn"))
                continue
            if entry.previous != previous:
                broken.append(Broken(number, "the line does not follow from the one before it"))
            previous = blake3_of(line)
        return tuple(broken)

    def _text(self) -> bytes:
        try:
            return bytes(self._disk.read(_FILE))
        except FileNotFoundError:
            return b""

    def _lines(self, text: bytes | None = None) -> Iterator[tuple[Operation | None, bytes]]:
        for line in (self._text() if text is None else text).split(b"\n"):
            if line:
                yield _parsed(line), line


def _parsed(line: bytes) -> Operation | None:
    try:
        return Operation(**json.loads(line))
    except (ValueError, TypeError):
        return None
