"""Show what another package (`vim=9.1`) or flag (`+lto`, `graphics=wayland`; after a package only for it) would change."""

import argparse

from nipsys.cli.render import show_what_if
from nipsys.cli.session import Session

EXAMPLE = "nipsys what-if vim +python"
EXIT_CODES = {1: "the request cannot be satisfied"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("request", nargs="+", help="PKG, PKG=VERSION, +flag or domain=value; put `--` before a -flag")
    parser.add_argument("--profile", metavar="FILE", help="profile [default: the one applied last, else the only one here with a lock]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Resolve with the additional request and print the changes; return 1 when it is impossible."""
    from nipsys.app.query import try_changes

    outcome = try_changes(session.open_context(), options.profile, options.request)
    request = " ".join(options.request)
    return show_what_if(outcome, session, f"{request} is not possible", f"{request} would change nothing", f"{request} would change")
