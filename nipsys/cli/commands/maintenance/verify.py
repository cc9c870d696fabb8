"""Verify the store against its manifests: every byte, or only sizes and times with `--quick`; `--repair` restores damaged files."""

import argparse

from nipsys.cli.render import format_count
from nipsys.cli.session import Session

EXAMPLE = "nipsys verify laptop.kdl --repair"
EXIT_CODES = {1: "something differs from its manifest and was not repaired"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", nargs="?", help="profile whose sources `--repair` fetches from")
    parser.add_argument("--quick", action="store_true", help="check sizes, times and modes without reading files")
    parser.add_argument("--all", action="store_true", help="verify every tree of the store, not only the current generation")
    parser.add_argument("--repair", action="store_true", help="fetch or link damaged trees again and replace them in one step")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Verify the store; return 0 when it is intact, else 1."""
    from nipsys.app.generations import repair_root, verify_root

    context = session.open_context()
    if options.repair:
        profile = lock = None
        if options.profile:
            from nipsys.app.lock import load_profile, require_lock

            profile = load_profile(options.profile, options.host)
            lock = require_lock(profile).lock
        verdict = repair_root(context, profile, lock, every=options.all)
    else:
        verdict = verify_root(context, quick=options.quick, every=options.all)
    lines = [f"{checked.state} {checked.directory}" for checked in verdict.found if checked.state != "VERIFIED"]
    for checked in verdict.found:
        lines += [f"  {reason} {checked.directory}/{path}" for path, reason in zip(checked.paths, checked.reasons, strict=True)]
    lines += [f"repaired {directory}" for directory in verdict.repaired]
    for problem in verdict.unrepaired:
        lines += [f"not repaired: {problem.message}", *(f"  {note}" for note in problem.notes), f"  hint: {problem.hint}"]
    good = sum(checked.state == "VERIFIED" for checked in verdict.found)
    lines.append(f"{good} of {format_count(len(verdict.found), 'tree')} verified")
    value = {
        "whole": verdict.intact,
        "trees": [{"directory": c.directory, "state": c.state, "paths": list(c.paths), "reasons": list(c.reasons)} for c in verdict.found],
        "repaired": list(verdict.repaired),
        "left": [problem.message for problem in verdict.unrepaired],
    }
    session.answer(value, "\n".join(lines))
    return 0 if verdict.intact else 1
