"""Which guarantees hold on this host, each found out by trying it."""

import argparse

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""


def run(options: argparse.Namespace, session: Session) -> int:  # noqa: ARG001 - every command's signature
    """Examine; 0 unless neither way of running programs is open."""
    from nipsys.app.doctor import examine

    found = examine(session.site())
    lines = []
    for finding in found:
        lines.append(f"{finding.state:<7} {finding.name}: {finding.told}")
        if finding.hint:
            lines.append(f"        hint: {finding.hint}")
    session.answer([finding._asdict() for finding in found], "\n".join(lines))
    states = {finding.name: finding.state for finding in found}
    return 1 if states["views"] == "fails" and states["relocation"] == "fails" else 0
