"""Which package of the current generation a file belongs to."""

import argparse

from nipsys.cli.render.text import table
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("path", help="as programs see it (/usr/bin/git), a program's name, or a path below the root")


def run(options: argparse.Namespace, session: Session) -> int:
    """Tell the owners; 1 when nobody has it."""
    from nipsys.app.query.ownership import owners

    found = owners(session.site(), options.path)
    text = table([[owner.id, owner.version, owner.path] for owner in found])
    session.answer([owner._asdict() for owner in found], text or f"no package has `{options.path}`")
    return 0 if found else 1
