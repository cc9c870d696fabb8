"""Update the lock to the newest versions: only the named packages and what they require, or all packages when none is named."""

import argparse

from nipsys import api
from nipsys.cli.commands.core.lock import show_lock
from nipsys.cli.session import Session

EXAMPLE = "nipsys update laptop.kdl git vim"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("packages", nargs="*", metavar="PKG", help="packages to update [default: all]")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")
    proof = parser.add_mutually_exclusive_group()
    proof.add_argument(
        "--optimal", dest="prove", action="store_const", const="optimal", help="prove that no package could be newer (needs clingo)"
    )
    proof.add_argument(
        "--minimal-change",
        dest="prove",
        action="store_const",
        const="minimal-change",
        help="prove that as few packages as possible change (needs clingo)",
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Update the lock file; the system itself does not change."""
    profile = api.load_profile(options.profile, host=options.host)
    return show_lock(api.lock(session.root, profile, update=options.packages, prove=options.prove), session)
