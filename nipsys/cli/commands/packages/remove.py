"""Remove packages from the profile and apply it."""

import argparse

from nipsys.cli.commands.packages.install import apply_edit
from nipsys.cli.session import Session

EXAMPLE = "nipsys remove vim"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("packages", nargs="+", metavar="PKG", help="package names as written in the profile")
    parser.add_argument("--profile", help="profile to change [default: the one applied last]")
    parser.add_argument("--no-apply", action="store_true", help="change the profile and its lock without applying them")
    parser.add_argument("--allow-empty", action="store_true", help="allow an empty profile, which removes everything")


def run(options: argparse.Namespace, session: Session) -> int:
    """Remove the packages and apply the profile."""
    from nipsys.app.lock import applied_profile_path, remove_packages

    context = session.open_context()
    done = remove_packages(context, applied_profile_path(context, options.profile), tuple(options.packages))
    return apply_edit(done, session, apply=not options.no_apply, allow_empty=options.allow_empty)
