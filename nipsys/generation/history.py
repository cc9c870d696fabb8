"""The append-only record of operations: one JSON object a line, each holding the digest of the line before it and its own.

A line that a power cut tore is kept and skipped: the chain goes on from the last whole one.
"""

import json
import mmap
from collections.abc import Iterator

from nipsys.effects.disk.port import Disk
from nipsys.model.digest import blake3_of, canonical
from nipsys.model.value import Frozen, asdict

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
    seal: str = ""
    """Digest of this line with an empty seal, so that a change to the last line shows too; lines of old have none."""


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
        """Return all operations, oldest first; torn lines are left out."""
        return tuple(self.backwards())[::-1]

    def backwards(self) -> Iterator[Operation]:
        """Return all operations, newest first, reading no more lines than are asked for."""
        for line in _from_the_end(self._text()):
            entry = _parsed(line)
            if entry is not None:
                yield entry

    def last(self) -> Operation | None:
        """Return the newest operation."""
        return next(self.backwards(), None)

    def add(self, operation: Operation) -> None:
        """Add an operation, chained to the last and sealed, and make it durable."""
        text = self._text()
        last = next((line for line in _from_the_end(text) if _parsed(line) is not None), None)
        chained = asdict(operation) | {"previous": "" if last is None else blake3_of(last), "seal": ""}
        sealed = chained | {"seal": blake3_of(canonical(chained))}
        mend = b"\n" if len(text) and text[-1:] != b"\n" else b""
        self._disk.append(_FILE, mend + canonical(sealed) + b"\n")

    def check(self) -> tuple[Broken, ...]:
        """Return every line that is not as it was written, and every place where lines were taken out, put in or moved."""
        broken = []
        previous = ""
        for number, line in enumerate(filter(None, bytes(self._text()).split(b"\n")), 1):
            entry = _parsed(line)
            if entry is None:
                broken.append(Broken(number, "the line is torn"))
                continue
            if entry.previous != previous:
                broken.append(Broken(number, "the line does not follow from the one before it"))
            elif entry.seal and entry.seal != blake3_of(canonical(asdict(entry) | {"seal": ""})):
                broken.append(Broken(number, "the line is not as it was written"))
            previous = blake3_of(line)
        return tuple(broken)

    def _text(self) -> bytes | mmap.mmap:
        try:
            text = self._disk.read(_FILE)
        except FileNotFoundError:
            return b""
        return bytes(text) if isinstance(text, memoryview) else text


def _from_the_end(text: bytes | mmap.mmap) -> Iterator[bytes]:
    """Return the lines that are not empty, last first, touching only what is asked for."""
    end = len(text)
    while end > 0:
        start = text.rfind(b"\n", 0, end) + 1
        if start < end:
            yield text[start:end]
        end = start - 1


def _parsed(line: bytes) -> Operation | None:
    try:
        return Operation(**json.loads(line))
    except (ValueError, TypeError):
        return None
