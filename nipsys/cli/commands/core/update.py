"""Move packages to what the sources offer now: only the named ones and what they force, or all when none is named."""

import argparse

from nipsys.cli.commands.core.lock import show
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("packages", nargs="*", metavar="PKG", help="what may move (everything)")
    parser.add_argument("--host", help="the host whose blocks hold (this machine)")
    proof = parser.add_mutually_exclusive_group()
    proof.add_argument(
        "--optimal", dest="prove", action="store_const", const="optimal", help="prove that nothing could be newer (needs clingo)"
    )
    proof.add_argument(
        "--minimal-change",
        dest="prove",
        action="store_const",
        const="minimal-change",
        help="prove that the fewest packages move (needs clingo)",
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Update the lock; `apply` makes it so."""
    from nipsys.app.lock.load_profile import declared
    from nipsys.app.lock.make import locked

    return show(locked(session.site(), declared(options.profile, options.host), update=options.packages, prove=options.prove), session)
