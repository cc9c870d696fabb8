"""Why a package or version is not in the lock: the reasons against it, or what it would take to have it."""

import argparse

from nipsys.cli.render.what_if import show
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="PKG, PKG=VERSION or another range")
    parser.add_argument("--profile", metavar="FILE", help="the profile (the only one here with a lock)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Return why not."""
    from nipsys.app.query.graph import supposed

    outcome = supposed(session.site(), options.profile, [options.package])
    return show(
        outcome,
        session,
        f"{options.package} cannot be there",
        f"{options.package} is there already",
        f"nothing stands against {options.package}; it would",
    )
