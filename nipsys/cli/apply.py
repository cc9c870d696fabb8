"""Make the machine what the profile says: lock if needed, fetch, unpack, compose, and switch in one step."""

import argparse

from nipsys.cli.plan import prepare
from nipsys.cli.render.changes import plan_text
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--locked", action="store_true", help="take the lock as it is; refuse a missing or stale one")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    parser.add_argument("--allow-empty", action="store_true", help="let an empty profile remove everything")
    parser.add_argument("--host", help="the host whose blocks hold (this machine)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Apply; 0 when done or nothing was to do."""
    from nipsys.app.apply import apply

    site = session.site()
    ready = prepare(options, site)
    if options.dry_run:
        session.answer(ready.plan.value(), plan_text(ready.plan))
        return 0
    if not session.json:
        session.answer(None, plan_text(ready.plan))
    summary = apply(site, ready, allow_empty=options.allow_empty)
    number = summary.number if summary else ready.current.number if ready.current else None
    digest = summary.digest if summary else ready.current.digest if ready.current else None
    value = {"generation": number, "digest": digest, "changed": summary is not None, "plan": ready.plan.value()}
    session.answer(value, f"generation {number} is current ({digest})" if summary else "")
    return 0
