"""Show what `apply` would change, without changing anything."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.render import format_plan
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app import Context
    from nipsys.app.apply import PreparedPlan

EXAMPLE = "nipsys plan laptop.kdl --detailed-exitcode"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--locked", action="store_true", help="fail if the lock file is missing or out of date")
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with code 2 if there are changes")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the plan; return 0, or 2 with ``--detailed-exitcode`` when there are changes."""
    from nipsys.app.apply import check_plan

    site = session.open_context()
    ready = check_plan(site, prepare_from_profile(options, site))
    session.answer(ready.plan.to_dict(), format_plan(ready.plan))
    return 2 if options.detailed_exitcode and not ready.plan.is_empty else 0


def prepare_from_profile(options: argparse.Namespace, site: "Context") -> "PreparedPlan":
    """Read the profile, read or make its lock, and compare it with the current system."""
    from nipsys.app.apply import prepare_plan
    from nipsys.app.lock import load_profile, lock_profile, require_lock

    profile = load_profile(options.profile, options.host)
    done = require_lock(profile) if options.locked else lock_profile(site, profile)
    return prepare_plan(site, profile, done.lock, None if options.locked else done.path)
