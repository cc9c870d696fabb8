"""Show the current generation, its profile, and whether anything was changed outside of nipsys."""

import argparse

from nipsys import api
from nipsys.cli.render import format_count
from nipsys.cli.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.api import QuickStatus

EXAMPLE = "nipsys status --json"
EXIT_CODES = {2: "with `--detailed-exitcode`: something was changed outside of nipsys"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with code 2 if the system has drifted")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the status; return 0, or 2 with ``--detailed-exitcode`` when the system has drifted."""
    found = api.status(session.root)
    value = {
        "root": session.root.path,
        "current": found.number if found else None,
        "digest": found.digest if found else None,
        "profile": found.profile if found else None,
        "created": found.created if found else None,
        "packages": found.packages if found else 0,
        "drift": list(found.drift) if found else [],
    }
    session.answer(value, _format_status(session, found))
    return 2 if options.detailed_exitcode and found and found.drift else 0


def _format_status(session: Session, found: "QuickStatus | None") -> str:
    if found is None:
        return f"no profile has been applied to {session.root.path}; start with `nipsys init` and `nipsys apply`"
    head = f"generation {found.number} of `{found.profile}`, {format_count(found.packages, 'package')}, created {found.created}"
    lines = [head, f"  root    {session.root.path}", f"  digest  {found.digest}"]
    lines += [f"  drift   {line}" for line in found.drift] or ["  drift   none"]
    return "\n".join(lines)
