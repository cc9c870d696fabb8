"""Progress on stderr: bars on a terminal, plain lines elsewhere, or one JSON object per line."""

import json
import os
from typing import TextIO

from nipsys.cli.render.bars import Bars
from nipsys.model import Advanced, Began, Ended, Event, Reporter, Waiting, Warned, asdict, ignore_event


def make_listener(choice: str, stream: TextIO) -> Reporter:
    """Return the listener for ``--progress CHOICE``: ``auto``, ``bars``, ``plain``, ``json`` or ``none``."""
    match choice:
        case "none":
            return ignore_event
        case "json":
            return _make_json_listener(stream)
        case "bars":
            return Bars(stream)
        case "auto" if stream.isatty() and os.environ.get("TERM") != "dumb":
            return Bars(stream)
        case _:
            return _make_plain_listener(stream)


def _make_json_listener(stream: TextIO) -> Reporter:
    def tell(event: Event) -> None:
        row = {"event": type(event).__name__.lower(), **asdict(event)}
        stream.write(json.dumps(row) + "\n")
        stream.flush()

    return tell


def _make_plain_listener(stream: TextIO) -> Reporter:
    last = ""

    def tell(event: Event) -> None:
        nonlocal last
        line = format_event(event)
        if line and line != last:  # a stage often ends with the text it began with
            stream.write(line + "\n")
            stream.flush()
            last = line

    return tell


def format_event(event: Event) -> str:
    """Return an event as one line; empty when it only advances a bar."""
    match event:
        case Began(stage, _, detail):
            return f"{stage}: {detail}" if detail else ""
        case Ended(stage, detail):
            return f"{stage}: {detail}" if detail else ""
        case Advanced():
            return ""
        case Waiting(holder):
            return f"waiting for {holder}"
        case Warned(message, hint):
            return f"warning: {message}" + (f"\n  hint: {hint}" if hint else "")
