"""The dependency graph of a lock, for other programs and for the eye."""

import argparse

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--format", choices=("dot", "svg", "json"), default="dot", help="svg needs Graphviz")
    parser.add_argument("--profile", metavar="FILE", help="the profile (the only one here with a lock)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Write the graph to standard output."""
    import json
    import sys

    from nipsys.app.query.graph import drawn, lock_of
    from nipsys.resolve.graph import as_value, dot

    lock = lock_of(session.site(), options.profile)
    if session.json or options.format == "json":
        sys.stdout.write(json.dumps(as_value(lock), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(dot(lock) if options.format == "dot" else drawn(dot(lock)))
    return 0
