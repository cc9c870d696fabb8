"""Add packages to the profile and apply it: `nipsys install vim +python "ripgrep>=14"`."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app.lock import EditResult

WORDS = "PKG [RANGE] [+flag|-flag|domain=value|source=S|pin=V] ..."
"""Package requests in the syntax of the profile; they are not parsed as options."""

EXAMPLE = 'nipsys install vim +python "ripgrep>=14"'


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--profile", metavar="FILE", help="profile to change [default: the one applied last]")
    parser.add_argument("--no-apply", action="store_true", help="change the profile and its lock without applying them")


def run(options: argparse.Namespace, session: Session) -> int:
    """Add the packages and apply the profile."""
    from nipsys.app.lock import add_packages, applied_profile_path, load_kinds
    from nipsys.cli.usage import reject_usage
    from nipsys.profile.edit import parse_requests

    asked = parse_requests(options.words, load_kinds)
    if not asked:
        raise reject_usage("usage", "no package given", hint="search for packages with `nipsys search WORD`")
    context = session.open_context()
    return apply_edit(
        add_packages(context, applied_profile_path(context, options.profile), asked), session, apply=not options.no_apply, allow_empty=False
    )


def apply_edit(done: "EditResult", session: Session, *, apply: bool, allow_empty: bool) -> int:
    """Apply the edited profile, or only print its lock without ``apply``."""
    from nipsys import api
    from nipsys.cli.commands.core.apply import apply_plan
    from nipsys.cli.commands.core.lock import show_lock

    if not apply:
        return show_lock(done.lock_result, session)
    prepared = api.plan(session.root, done.profile, lock=done.lock_result, check=False)
    return apply_plan(prepared, session, allow_empty=allow_empty)
