"""Switch back to the generation before the current one, or to any other; nothing is fetched and nothing is deleted."""

from typing import TYPE_CHECKING

from nipsys.cli.session import Session

if TYPE_CHECKING:
    import argparse

QUICK = {"--to": int}
"""The options, for ``nipsys.cli.fast_arguments``."""


def arguments(parser: "argparse.ArgumentParser") -> None:
    """Add the command's arguments."""
    parser.add_argument("--to", type=int, metavar="N", help="the generation to switch to (the one before the current)")


def run(options: "argparse.Namespace", session: Session) -> int:
    """Roll back; 1 when there is nothing to roll back to."""
    from nipsys.app.generations.rollback import rollback

    summary = rollback(session.site(), options.to)
    session.answer({"generation": summary.number, "digest": summary.digest}, f"generation {summary.number} is current ({summary.digest})")
    return 0
