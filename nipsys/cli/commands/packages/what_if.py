"""What a further wish would change: a package (``vim=9.1``), a flag (``+lto``, after a package for it alone), ``graphics=wayland``."""

import argparse

from nipsys.cli.render.what_if import show
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("wish", nargs="+", help="PKG, PKG=VERSION, +flag, domain=value; write `--` before a -flag")
    parser.add_argument("--profile", metavar="FILE", help="the profile (the only one here with a lock)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Suppose."""
    from nipsys.app.query.graph import supposed

    outcome = supposed(session.site(), options.profile, options.wish)
    said = " ".join(options.wish)
    return show(outcome, session, f"{said} cannot be", f"{said} changes nothing", f"{said} would")
