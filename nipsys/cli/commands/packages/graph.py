"""Print the dependency graph of a lock as DOT, SVG or JSON."""

import argparse

from nipsys.cli.session import Session

EXAMPLE = "nipsys graph --format svg"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--format", choices=("dot", "svg", "json"), default="dot", help="output format; svg needs Graphviz [default: dot]")
    parser.add_argument("--profile", metavar="FILE", help="profile [default: the one applied last, else the only one here with a lock]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the graph."""
    import json
    import sys

    from nipsys.app.query import draw_graph, read_lock_of
    from nipsys.resolve import to_dot, to_json

    lock = read_lock_of(session.open_context(), options.profile)
    if session.json or options.format == "json":
        sys.stdout.write(json.dumps(to_json(lock), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(to_dot(lock) if options.format == "dot" else draw_graph(to_dot(lock)))
    return 0
