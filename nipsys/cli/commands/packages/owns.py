"""Show which package of the current generation owns a file."""

import argparse

from nipsys.cli.render import format_table
from nipsys.cli.session import Session

EXAMPLE = "nipsys owns /usr/bin/git"
EXIT_CODES = {1: "no package owns the file"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("path", help="path as programs see it (/usr/bin/git), name of a program, or path below the root")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the owners; return 1 when there is none."""
    from nipsys.app.query import find_owners

    found = find_owners(session.open_context(), options.path)
    text = format_table([[owner.id, owner.version, owner.path] for owner in found])
    session.answer([owner._asdict() for owner in found], text or f"no package owns `{options.path}`")
    return 0 if found else 1
