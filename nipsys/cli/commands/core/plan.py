"""Show what `apply` would change, without changing anything."""

import argparse

from nipsys import api
from nipsys.cli.render import format_plan
from nipsys.cli.session import Session

EXAMPLE = "nipsys plan laptop.kdl --detailed-exitcode"
EXIT_CODES = {2: "with `--detailed-exitcode`: `apply` would change something"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--locked", action="store_true", help="fail if the lock file is missing or out of date")
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with code 2 if there are changes")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the plan; return 0, or 2 with ``--detailed-exitcode`` when there are changes."""
    profile = api.load_profile(options.profile, host=options.host)
    plan = api.plan(session.root, profile, locked=options.locked).plan
    session.answer(plan.to_dict(), format_plan(plan))
    return 2 if options.detailed_exitcode and not plan.is_empty else 0
