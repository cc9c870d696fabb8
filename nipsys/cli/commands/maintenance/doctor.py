"""Check which guarantees hold on this host by trying each of them."""

import argparse

from nipsys.cli.session import Session

EXAMPLE = "nipsys doctor"
EXIT_CODES = {1: "programs cannot run on this host in any way"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--repair", action="store_true", help="fix what is missing: relocate programs on hosts without user namespaces")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the findings; return 1 when no method of running programs works, else 0."""
    from nipsys.app.doctor import examine_host, relocate_programs

    made = relocate_programs(session.open_context()) if options.repair else ()
    found = examine_host(session.open_context())
    lines = [f"relocated the programs of `{world}`" for world in made]
    for finding in found:
        lines.append(f"{finding.state:<7} {finding.name}: {finding.told}")
        lines += [f"        {tried}" for tried in finding.tried]
        if finding.hint:
            lines.append(f"        hint: {finding.hint}")
    session.answer([finding._asdict() for finding in found], "\n".join(lines))
    states = {finding.name: finding.state for finding in found}
    return 1 if states["last resort"] == "fails" else 0
