"""Simulate every crash of the last operation on a model of the disk; the root must always be intact, either old or new."""

import argparse

from nipsys.cli.session import Session
from nipsys.model import asdict

EXAMPLE = "nipsys prove"
EXIT_CODES = {1: "a crash would leave a broken system"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--states", type=int, default=24, metavar="N", help="maximum number of power-cut states to try at each point [default: 24]"
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Simulate the crashes; return 1 when any resulting state is bad, else 0."""
    from nipsys.app.crash import prove_current

    proof = prove_current(session.open_context(), limit=max(options.states, 4))
    lines = [f"{fault.verb}: killed before effect {fault.effect}, {fault.how}: {fault.why}" for fault in proof.bad_states[:20]]
    lines.append(f"{proof.states} states, {len(proof.bad_states)} bad")
    session.answer({"states": proof.states, "points": proof.points, "bad": [asdict(fault) for fault in proof.bad_states]}, "\n".join(lines))
    return 1 if proof.bad_states else 0
