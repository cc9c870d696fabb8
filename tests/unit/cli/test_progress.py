"""Events as lines, as JSON, as a live line on a terminal."""

import io
import json

import pytest

from nipsys.cli.render.progress import make_listener
from nipsys.cli.render.text import format_count, format_size, format_table
from nipsys.model.event import Advanced, Began, Ended, Waiting, Warned

EVENTS = (
    Began("fetch", 2_000_000, "2 files"),
    Advanced("fetch", 1_000_000, "jq"),
    Waiting("process 7"),
    Warned("odd", "look"),
    Ended("fetch", "2 files"),
    Ended("stage"),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(choice: str, stream: io.StringIO) -> str:
    tell = make_listener(choice, stream)
    for event in EVENTS:
        tell(event)
    return stream.getvalue()


def test_plain_progress_prints_stages_and_warnings_only() -> None:
    assert said("plain", io.StringIO()).splitlines() == [
        "fetch: 2 files", "waiting for process 7", "warning: odd", "  hint: look", "fetch: 2 files",
    ]  # fmt: skip
    assert "\r" not in said("auto", io.StringIO())


def test_repeated_plain_lines_are_printed_once() -> None:
    stream = io.StringIO()
    tell = make_listener("plain", stream)
    for event in (Began("compose", 3, "debian"), Advanced("compose", 3), Ended("compose", "debian"), Ended("stage", "done")):
        tell(event)
    assert stream.getvalue() == "compose: debian\nstage: done\n"


def test_json_progress_is_one_object_per_line() -> None:
    rows = [json.loads(line) for line in said("json", io.StringIO()).splitlines()]
    assert [row["event"] for row in rows] == ["began", "advanced", "waiting", "warned", "ended", "ended"]
    assert rows[0] == {"event": "began", "stage": "fetch", "total": 2_000_000, "detail": "2 files"}


def test_bars_draw_on_a_terminal_and_leave_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    text = said("auto", Terminal())
    assert "\r\x1b[2K" in text
    assert "0 B/2.0 MB" in text
    assert text.endswith("\r\x1b[2K")
    assert "warning: odd\n  hint: look\n" in text
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in said("auto", Terminal())


def test_progress_none_prints_nothing() -> None:
    assert said("none", io.StringIO()) == ""


def test_sizes_are_human_readable() -> None:
    assert [format_size(number) for number in (0, 999, 1000, 12_345, 999_949, 1_000_000, 4_500_000_000, 2 * 10**12)] == [
        "0 B", "999 B", "1.0 KB", "12.3 KB", "999.9 KB", "1.0 MB", "4.5 GB", "2.0 TB",
    ]  # fmt: skip
    assert [format_count(1, "package"), format_count(2, "package"), format_count(2, "entry", "entries")] == [
        "1 package",
        "2 packages",
        "2 entries",
    ]
    assert format_table([["a", "bb"], ["ccc", "d"]], ("x", "y")) == "x    y\na    bb\nccc  d"
    assert format_table([]) == ""
