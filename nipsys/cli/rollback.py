"""Switch back to the generation before the current one, or to any other; nothing is fetched and nothing is deleted."""

from nipsys.cli.session import Session
from nipsys.model.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

QUICK = {"--to": int}
"""The options, for ``nipsys.cli.quick``."""


def arguments(parser: "argparse.ArgumentParser") -> None:
    """Add the command's arguments."""
    parser.add_argument("--to", type=int, metavar="N", help="the generation to switch to (the one before the current)")


def run(options: "argparse.Namespace", session: Session) -> int:
    """Roll back; 1 when there is nothing to roll back to."""
    from nipsys.app.rollback import rollback

    summary = rollback(session.site(), options.to)
    session.answer({"generation": summary.number, "digest": summary.digest}, f"generation {summary.number} is current ({summary.digest})")
    return 0
