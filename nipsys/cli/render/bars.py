"""A progress line at the bottom of the terminal: stage, bar and amount."""

import shutil
import time
from typing import TextIO

from nipsys.model import Advanced, Began, Ended, Event, Waiting, Warned

_PERIOD = 0.05
"""Seconds between two updates: fast enough for the eye, slow enough for the terminal."""


class Bars:
    """A listener that draws progress; it keeps all running stages and draws the one that advanced last."""

    def __init__(self, stream: TextIO) -> None:
        """Draw on ``stream``, a terminal."""
        self._stream = stream
        self._stages: dict[str, tuple[int, int, str]] = {}
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        """Handle one event."""
        match event:
            case Began(stage, total, detail):
                self._stages[stage] = (0, total, detail)
                self._draw(stage)
            case Advanced(stage, amount, detail):
                done, total, old = self._stages.get(stage, (0, 0, ""))
                self._stages[stage] = (done + amount, total, detail or old)
                if time.monotonic() - self._drawn > _PERIOD:
                    self._draw(stage)
            case Ended(stage, detail):
                self._stages.pop(stage, None)
                self._line(f"{stage}: {detail}" if detail else "")
            case Waiting(holder):
                self._line(f"waiting for {holder}")
            case Warned(message, hint):
                self._line(f"warning: {message}" + (f"\n  hint: {hint}" if hint else ""))

    def _draw(self, stage: str) -> None:
        self._drawn = time.monotonic()
        done, total, detail = self._stages[stage]
        columns = shutil.get_terminal_size().columns
        text = f"{stage:<8} " + (
            f"{_format_bar(done, total)} {_format_amount(stage, done)}/{_format_amount(stage, total)} " if total else ""
        )
        self._stream.write("\r\x1b[2K" + (text + detail)[: columns - 1])
        self._stream.flush()

    def _line(self, text: str) -> None:
        self._stream.write("\r\x1b[2K" + (text + "\n" if text else ""))
        self._stream.flush()


def _format_bar(done: int, total: int, width: int = 24) -> str:
    filled = min(width, width * done // total)
    return "━" * filled + "╌" * (width - filled)


def _format_amount(stage: str, number: int) -> str:
    from nipsys.cli.render.text import format_size

    return format_size(number) if stage in {"fetch", "sync"} else str(number)
