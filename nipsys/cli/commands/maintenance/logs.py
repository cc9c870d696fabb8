"""Show the log of recent operations: completed stages, warnings, waits."""

import argparse

from nipsys.cli.session import Session

EXAMPLE = "nipsys logs 20"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lines", nargs="?", type=int, default=50, help="number of lines [default: 50]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the newest lines of the journal."""
    from nipsys.effects import read_journal

    lines = read_journal(session.open_context().layout.journal, options.lines)
    session.answer(list(lines), "\n".join(_format_line(line) for line in lines) or "the log is empty")
    return 0


def _format_line(line: dict[str, str | None]) -> str:
    said = (
        f"warning: {line['warning']}"
        if line.get("warning")
        else f"{line['stage']}: {line['said']}"
        if line.get("stage")
        else line.get("said")
    )
    return f"{line.get('when')}  {said}  ({line.get('command')})"
