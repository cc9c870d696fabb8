"""Switch back to the previous generation, or to any other; nothing is downloaded or deleted."""

import argparse

from nipsys import api
from nipsys.cli.session import Session

EXAMPLE = "nipsys rollback 7"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("number", type=int, nargs="?", metavar="N", help="generation to switch to [default: the previous one]")
    either.add_argument("--to", type=int, metavar="N", help="the same as an option")


def run(options: argparse.Namespace, session: Session) -> int:
    """Roll back; raise ``Rejected`` when there is no generation to roll back to."""
    summary = api.rollback(session.root, options.to if options.number is None else options.number)
    session.answer({"generation": summary.number, "digest": summary.digest}, f"generation {summary.number} is current ({summary.digest})")
    return 0
