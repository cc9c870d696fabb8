"""Show the operations on this root: when, by whom, from which generation to which; and verify the hash chain of the history."""

import argparse

from nipsys.cli.render import format_table
from nipsys.cli.session import Session
from nipsys.model import asdict

EXAMPLE = "nipsys history --last 10"
EXIT_CODES = {1: "a line was changed or removed; a line that a power cut left incomplete is only reported"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("-n", "--last", type=int, metavar="N", help="show only the newest N operations")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the history; return 1 when its hash chain is broken; a line that a power cut left incomplete does not break it."""
    from nipsys.app.generations import read_history

    operations, broken = read_history(session.open_context())
    shown = operations[-options.last :] if options.last else operations
    rows = [
        (line.when, line.what, f"{line.before or '-'} -> {line.after or '-'}", line.who, line.lock.partition(":")[2][:12], line.detail)
        for line in shown
    ]
    text = format_table(rows, ("when", "what", "generation", "who", "lock", ""))
    text += "".join(f"\nline {fault.line}: {fault.why}" for fault in broken)
    value = {"operations": [asdict(line) for line in shown], "broken": [asdict(fault) for fault in broken]}
    session.answer(value, text)
    return 1 if any(not fault.incomplete for fault in broken) else 0
