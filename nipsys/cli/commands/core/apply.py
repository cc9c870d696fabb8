"""Apply a profile: lock it if needed, fetch and unpack packages, build the new generation, and switch to it in one step."""

import argparse

from nipsys import api
from nipsys.cli.render import format_plan
from nipsys.cli.session import Session

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
    profile = api.load_profile(options.profile, host=options.host)
    prepared = api.plan(session.root, profile, locked=options.locked, check=options.dry_run)
    if options.dry_run:
        session.answer(prepared.plan.to_dict(), format_plan(prepared.plan))
        return 0
    return apply_plan(prepared, session, allow_empty=options.allow_empty)


def apply_plan(prepared: "api.PreparedPlan", session: Session, *, allow_empty: bool) -> int:
    """Show a plan, then carry it out."""
    if not session.json:
        session.answer(None, format_plan(prepared.plan))
    summary = api.apply(session.root, prepared, allow_empty=allow_empty)
    current = summary or prepared.current
    value = {
        "generation": current.number if current else None,
        "digest": current.digest if current else None,
        "changed": summary is not None,
        "plan": prepared.plan.to_dict(),
    }
    session.answer(value, f"generation {summary.number} is current ({summary.digest})" if summary else "")
    return 0
