"""Switch back to the previous generation, or to any other; nothing is downloaded or deleted."""

from typing import TYPE_CHECKING

from nipsys.cli.session import Session

if TYPE_CHECKING:
    import argparse

QUICK = {"--to": int}
"""The options of the command, for ``nipsys.cli.fast_arguments``."""


def arguments(parser: "argparse.ArgumentParser") -> None:
    """Add the command's arguments."""
    parser.add_argument("--to", type=int, metavar="N", help="generation to switch to [default: the previous one]")


def run(options: "argparse.Namespace", session: Session) -> int:
    """Roll back; raise ``Rejected`` when there is no generation to roll back to."""
    from nipsys.app.generations import roll_back

    summary = roll_back(session.open_context(), options.to)
    session.answer({"generation": summary.number, "digest": summary.digest}, f"generation {summary.number} is current ({summary.digest})")
    return 0
