"""List the packages of a generation: those that the profile requests, or all of them."""

import argparse

from nipsys.cli.render import format_table
from nipsys.cli.session import Session

EXAMPLE = "nipsys list --all"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--all", action="store_true", help="also list dependencies")
    parser.add_argument("--generation", type=int, metavar="N", help="generation [default: the current one]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the packages and their programs."""
    from nipsys.app.generations import find_system

    _, found = find_system(session.open_context(), options.generation)
    programs: dict[str, list[str]] = {}
    for stub in found.stubs:
        programs.setdefault(stub.package, []).append(stub.name)
    rows = [row for row in found.packages if row.requested or options.all]
    value = [
        {"id": row.id, "version": row.version, "requested": row.requested, "programs": programs.get(row.id, []), "tree": row.tree}
        for row in rows
    ]
    session.answer(value, format_table([[row.id, row.version, _join_some(programs.get(row.id, []))] for row in rows]) or "no packages")
    return 0


def _join_some(names: list[str], most: int = 6) -> str:
    rest = len(names) - most
    return " ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
