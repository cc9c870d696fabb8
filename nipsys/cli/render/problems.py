"""Problems as text and as JSON: place, message, the marked line, notes and hint.

Text from a profile or a mirror never reaches the terminal raw: control characters are made visible.
"""

import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping

from nipsys.model import Problem, Rejected, Span

_BOLD, _RED, _CYAN, _DIM, _END = "\x1b[1m", "\x1b[1;31m", "\x1b[36m", "\x1b[2m", "\x1b[0m"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_MAX_COLUMNS = 110
"""Maximum width of a shown line; of a longer line, only the part around the marker is shown."""
_MAX_QUOTED = 100
"""Maximum length of a quoted word in a message."""
_QUOTED = re.compile(rf"`([^`]{{{_MAX_QUOTED + 1},}})`")


def show_problems(rejected: Rejected, *, as_json: bool) -> None:
    """Print the problems: as JSON on stdout, or as text on stderr."""
    if as_json:
        sys.stdout.write(json.dumps(rejected_to_dict(rejected), indent=2) + "\n")
    else:
        sys.stderr.write(format_problems(rejected.problems, colour=use_colour(os.environ, is_terminal=sys.stderr.isatty())))


def use_colour(environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return whether to use colour: on a terminal that supports it, unless NO_COLOR is set (https://no-color.org)."""
    return is_terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def rejected_to_dict(rejected: Rejected) -> dict[str, object]:
    """Return a rejection as a JSON value: ``kind`` and ``problems``, each with all its fields."""
    return {"kind": rejected.kind, "problems": [_problem_to_dict(problem) for problem in rejected.problems]}


def _problem_to_dict(problem: Problem) -> dict[str, object]:
    span = problem.span
    place = span and {"file": span.file, "line": span.line, "column": span.column, "length": span.length, "text": span.text}
    return {"code": problem.code, "message": problem.message, "span": place, "notes": list(problem.notes), "hint": problem.hint}


def format_problems(problems: Iterable[Problem], *, colour: bool) -> str:
    """Return problems as text that ends with a newline, separated by blank lines, with their number when there is more than one."""
    shown = [_format_problem(problem, colour=colour) for problem in problems]
    if len(shown) > 1:
        shown.append(f"{len(shown)} problems\n")
    return "\n".join(shown)


def _format_problem(problem: Problem, *, colour: bool) -> str:
    span = problem.span
    place = escape_controls(str(span)) if span else "error"
    lines = [f"{_paint(place, _BOLD if span else _RED, colour=colour)}: {_format_message(problem.message, colour=colour)}"]
    if span and span.text.strip():
        lines += _format_excerpt(span, colour=colour)
    lines += [f"  {_format_message(note, colour=colour)}" for note in problem.notes]
    if problem.hint:
        lines.append(f"  {_paint('hint', _CYAN, colour=colour)}: {_format_message(problem.hint, colour=colour)}")
    return "\n".join(lines) + "\n"


def _format_excerpt(span: Span, *, colour: bool) -> list[str]:
    before, marked, after = _cut_line(span)
    number = str(span.line)
    bar = _paint("│", _DIM, colour=colour)
    marker = _paint("^" * max(1, _width_of(marked)), _RED, colour=colour)
    return [
        f"    {_paint(number, _DIM, colour=colour)} {bar} {before}{marked}{after}",
        f"    {' ' * len(number)} {bar} {' ' * _width_of(before)}{marker}",
    ]


def _cut_line(span: Span) -> tuple[str, str, str]:
    """Return the text before the marked part, the marked part, and the rest; distant text is replaced by an ellipsis."""
    start = span.column - 1
    before, marked, after = (
        _show_tabs(part) for part in (span.text[:start], span.text[start : start + span.length], span.text[start + span.length :])
    )
    if _width_of(before + marked + after) > _MAX_COLUMNS:
        marked = marked if len(marked) <= _MAX_COLUMNS else marked[: _MAX_COLUMNS - 1] + "…"
        room = max(10, (_MAX_COLUMNS - len(marked)) // 2)
        before = before if len(before) <= room else "…" + before[1 - room :]
        after = after if len(after) <= room else after[: room - 1] + "…"
    return before, marked, after


def _show_tabs(part: str) -> str:
    return escape_controls(part.replace("\t", "    "))


def escape_controls(part: str) -> str:
    """Replace control and direction-changing characters by visible ones."""
    return _CONTROL.sub(lambda match: chr(0x2400 + ord(match[0])) if match[0] < " " else "\N{REPLACEMENT CHARACTER}", part)


def _width_of(part: str) -> int:
    """Return the width of a text in terminal columns: wide East Asian characters take two, combining characters none."""
    if part.isascii():
        return len(part)
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in part)


def _format_message(part: str, *, colour: bool) -> str:
    part = _QUOTED.sub(lambda match: f"`{match[1][: _MAX_QUOTED - 1]}…`", escape_controls(part.replace("\n", " ")))
    return re.sub(r"`[^`]+`", lambda match: _paint(match[0], _BOLD, colour=True), part) if colour else part


def _paint(part: str, style: str, *, colour: bool) -> str:
    return f"{style}{part}{_END}" if colour else part
