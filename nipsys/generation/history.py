"""The append-only history of operations: one JSON object per line, each with the digest of the line before it and its own.

A line left incomplete by a power cut is kept and skipped: the chain continues from the last complete one.
"""

import json
import mmap
from collections.abc import Iterator

from nipsys.effects.disk import Disk
from nipsys.model import Frozen, asdict, blake3_of, to_canonical_json

_FILE = "history"


class Operation(Frozen):
    """One line of the history."""

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
    """Digest of this line with an empty seal, so that a change of the last line is detected too; lines of old versions have none."""


class BrokenLine(Frozen):
    """A line that is incomplete, was changed, or does not follow from the one before it."""

    line: int
    why: str
    incomplete: bool = False
    """It was left incomplete by a power cut, which the chain survives."""


class History:
    """The history of one root."""

    def __init__(self, disk: Disk) -> None:
        """Use the root's disk."""
        self._disk = disk

    def operations(self) -> tuple[Operation, ...]:
        """Return all operations, oldest first; incomplete lines are left out."""
        return tuple(self.iter_newest())[::-1]

    def iter_newest(self) -> Iterator[Operation]:
        """Yield all operations, newest first; lines are read as needed."""
        for line in _iter_lines_reversed(self._text()):
            entry = _parse_line(line)
            if entry is not None:
                yield entry

    def last(self) -> Operation | None:
        """Return the newest operation; ``None`` when there is none."""
        return next(self.iter_newest(), None)

    def add(self, operation: Operation) -> None:
        """Append an operation, chained to the last and sealed, and make it durable."""
        text = self._text()
        last = next((line for line in _iter_lines_reversed(text) if _parse_line(line) is not None), None)
        chained = asdict(operation) | {"previous": "" if last is None else blake3_of(last), "seal": ""}
        sealed = chained | {"seal": blake3_of(to_canonical_json(chained))}
        mend = b"\n" if len(text) and text[-1:] != b"\n" else b""
        self._disk.append(_FILE, mend + to_canonical_json(sealed) + b"\n")

    def check(self) -> tuple[BrokenLine, ...]:
        """Return every line that was changed or is incomplete, and every place where lines were removed, inserted or moved."""
        broken = []
        previous = ""
        for number, line in enumerate(filter(None, bytes(self._text()).split(b"\n")), 1):
            entry = _parse_line(line)
            if entry is None:
                broken.append(BrokenLine(number, "the line is incomplete", incomplete=True))
                continue
            if entry.previous != previous:
                broken.append(BrokenLine(number, "the line does not follow from the one before it"))
            elif entry.seal and entry.seal != blake3_of(to_canonical_json(asdict(entry) | {"seal": ""})):
                broken.append(BrokenLine(number, "the line was changed"))
            previous = blake3_of(line)
        return tuple(broken)

    def _text(self) -> bytes | mmap.mmap:
        try:
            text = self._disk.read(_FILE)
        except FileNotFoundError:
            return b""
        return bytes(text) if isinstance(text, memoryview) else text


def _iter_lines_reversed(text: bytes | mmap.mmap) -> Iterator[bytes]:
    """Yield the lines that are not empty, last first; earlier ones are read as needed."""
    end = len(text)
    while end > 0:
        start = text.rfind(b"\n", 0, end) + 1
        if start < end:
            yield text[start:end]
        end = start - 1


def _parse_line(line: bytes) -> Operation | None:
    try:
        return Operation(**json.loads(line))
    except (ValueError, TypeError):
        return None
