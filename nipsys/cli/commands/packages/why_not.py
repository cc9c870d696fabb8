"""Show why a package or version is not locked: the conflicts, or the changes that adding it would make."""

import argparse

from nipsys.cli.render import show_what_if
from nipsys.cli.session import Session

EXAMPLE = 'nipsys why-not "vim=8"'
EXIT_CODES = {1: "the request cannot be satisfied"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="PKG, PKG=VERSION or PKG with another range")
    parser.add_argument("--profile", metavar="FILE", help="profile [default: the one applied last, else the only one here with a lock]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the conflicts (exit code 1) or the changes (exit code 0)."""
    from nipsys.app.query import try_changes

    outcome = try_changes(session.open_context(), options.profile, [options.package])
    return show_what_if(
        outcome,
        session,
        f"{options.package} is not possible",
        f"{options.package} is already locked",
        f"{options.package} is possible; it would change",
    )
