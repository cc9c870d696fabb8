"""Show what `apply` would change, without changing anything."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.render.plan import plan_text
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app.apply.execute import Prepared
    from nipsys.app.context import Site


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--locked", action="store_true", help="fail if the lock file is missing or out of date")
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with code 2 if there are changes")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the plan; return 0, or 2 with ``--detailed-exitcode`` when there are changes."""
    from nipsys.app.apply.preflight import foreseen

    site = session.site()
    ready = foreseen(site, prepare(options, site))
    session.answer(ready.plan.value(), plan_text(ready.plan))
    return 2 if options.detailed_exitcode and not ready.plan.nothing else 0


def prepare(options: argparse.Namespace, site: "Site") -> "Prepared":
    """Read the profile, read or make its lock, and compare it with the current system."""
    from nipsys.app.apply.execute import prepared
    from nipsys.app.lock.load_profile import declared
    from nipsys.app.lock.make import demanded, locked

    profile = declared(options.profile, options.host)
    done = demanded(profile) if options.locked else locked(site, profile)
    return prepared(site, profile, done.lock, None if options.locked else done.path)
