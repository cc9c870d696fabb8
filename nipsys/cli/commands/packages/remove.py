"""Take packages out of the profile, then apply it."""

import argparse

from nipsys.cli.commands.packages.install import finish
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("packages", nargs="+", metavar="PKG", help="names as the profile has them")
    parser.add_argument("--profile", help="the profile to change (the one applied last)")
    parser.add_argument("--no-apply", action="store_true", help="change profile and lock, and stop there")
    parser.add_argument("--allow-empty", action="store_true", help="let an empty profile remove everything")


def run(options: argparse.Namespace, session: Session) -> int:
    """Remove."""
    from nipsys.app.lock.edit import profile_of, remove

    site = session.site()
    done = remove(site, profile_of(site, options.profile), tuple(options.packages))
    return finish(done, session, apply=not options.no_apply, allow_empty=options.allow_empty)
