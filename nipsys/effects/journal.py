"""The journal of operations, one JSON object per line, so that a warning that scrolled by can be read again."""

import json
import os

from nipsys.effects.clock import Clock
from nipsys.model import Ended, Event, Reporter, Waiting, Warned

_MAX_BYTES = 1 << 20
"""Size in bytes at which the journal is rotated; one older file is kept."""


def add_journal(path: str, command: str, clock: Clock, report: Reporter) -> Reporter:
    """Return a listener that passes every event on to ``report`` and appends warnings, waits and results to the journal at ``path``.

    A journal that cannot be written (the root does not exist yet, the disk is full) is skipped silently: it never fails an operation.
    """

    def listen(event: Event) -> None:
        report(event)
        match event:
            case Ended(stage, detail) if detail:
                _append(path, {"when": clock.now(), "command": command, "stage": stage, "said": detail})
            case Warned(message, hint):
                _append(path, {"when": clock.now(), "command": command, "warning": message, "hint": hint})
            case Waiting(holder):
                _append(path, {"when": clock.now(), "command": command, "said": f"waited for {holder}"})
            case _:
                pass

    return listen


def read_journal(path: str, most: int) -> tuple[dict[str, str | None], ...]:
    """Return the newest ``most`` lines, oldest first; incomplete lines are left out."""
    lines: list[dict[str, str | None]] = []
    for name in (f"{path}.1", path):
        try:
            with open(name, encoding="utf-8", errors="replace") as file:
                lines += [value for line in file if (value := _parse_line(line)) is not None]
        except FileNotFoundError:
            continue
    return tuple(lines[-most:])


def _parse_line(line: str) -> dict[str, str | None] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _append(path: str, value: dict[str, str | None]) -> None:
    try:
        if os.path.exists(path) and os.path.getsize(path) > _MAX_BYTES:
            os.replace(path, f"{path}.1")
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(value, ensure_ascii=False) + "\n")
    except OSError:
        return
