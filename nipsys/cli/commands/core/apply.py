"""Apply a profile: lock it if needed, fetch and unpack packages, build the new generation, and switch to it in one step."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.commands.core.plan import prepare_from_profile
from nipsys.cli.render import format_plan
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app import Context
    from nipsys.app.apply import PreparedPlan
    from nipsys.model.system import Lock, Profile

EXAMPLE = "nipsys apply laptop.kdl --locked"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--locked", action="store_true", help="fail if the lock file is missing or out of date")
    parser.add_argument("--dry-run", action="store_true", help="show the plan without applying it")
    parser.add_argument("--allow-empty", action="store_true", help="allow an empty profile, which removes everything")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Apply the profile; return 0, also when there is nothing to do."""
    site = session.open_context()
    ready = prepare_from_profile(options, site)
    if options.dry_run:
        from nipsys.app.apply import check_plan

        ready = check_plan(site, ready)
        session.answer(ready.plan.to_dict(), format_plan(ready.plan))
        return 0
    return _apply_plan(site, ready, session, allow_empty=options.allow_empty)


def apply_lock(session: Session, profile: "Profile", lock: "Lock", *, allow_empty: bool) -> int:
    """Show the plan from the current system to ``lock``, then carry it out."""
    from nipsys.app.apply import prepare_plan
    from nipsys.app.lock import lock_path

    site = session.open_context()
    return _apply_plan(site, prepare_plan(site, profile, lock, lock_path(profile.path)), session, allow_empty=allow_empty)


def _apply_plan(site: "Context", ready: "PreparedPlan", session: Session, *, allow_empty: bool) -> int:
    from nipsys.app.apply import apply

    if not session.json:
        session.answer(None, format_plan(ready.plan))
    summary = apply(site, ready, allow_empty=allow_empty)
    current = summary or ready.current
    value = {
        "generation": current.number if current else None,
        "digest": current.digest if current else None,
        "changed": summary is not None,
        "plan": ready.plan.to_dict(),
    }
    session.answer(value, f"generation {summary.number} is current ({summary.digest})" if summary else "")
    return 0
