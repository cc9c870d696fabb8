"""What is current, from which profile, and whether it was changed behind nipsys's back."""

import argparse
from collections.abc import Mapping

from nipsys.cli.render.plain import count
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 when something has drifted")


def run(options: argparse.Namespace, session: Session) -> int:
    """Tell the status."""
    from nipsys.app.generations import status

    found = status(session.site())
    summary = found.summary
    value = {
        "root": session.root,
        "current": summary.number if summary else None,
        "digest": summary.digest if summary else None,
        "profile": found.profile,
        "created": summary.created if summary else None,
        "packages": found.packages,
        "drift": list(found.drift),
    }
    session.answer(value, _text(session, value, found.drift))
    return 2 if options.detailed_exitcode and found.drift else 0


def _text(session: Session, value: Mapping[str, object], drift: tuple[str, ...]) -> str:
    if value["current"] is None:
        return f"nothing is applied in {session.root}; start with `nipsys init` and `nipsys apply`"
    head = (
        f"generation {value['current']} of `{value['profile']}`, {count(int(str(value['packages'])), 'package')}, made {value['created']}"
    )
    lines = [head, f"  root    {session.root}", f"  digest  {value['digest']}"]
    lines += [f"  drift   {line}" for line in drift] if drift else ["  drift   none"]
    return "\n".join(lines)
