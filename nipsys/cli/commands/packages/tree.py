"""Show the dependency tree of a lock; the dependencies of a package are shown once, repetitions are marked `(above)`."""

import argparse

from nipsys.cli.session import Session

EXAMPLE = "nipsys tree git --depth 2"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", nargs="*", help="packages to start at [default: those the profile requests]")
    parser.add_argument("--depth", type=int, metavar="N", help="maximum depth of the tree")
    parser.add_argument("--reverse", action="store_true", help="show dependents instead of dependencies")
    parser.add_argument("--profile", metavar="FILE", help="profile [default: the one applied last, else the only one here with a lock]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the tree."""
    from nipsys.app.query import read_lock_of
    from nipsys.resolve import build_tree

    branches = build_tree(read_lock_of(session.open_context(), options.profile), options.package, options.depth, reverse=options.reverse)
    lines = [f"{'  ' * branch.depth}{branch.id} {branch.version}{' (above)' if branch.again else ''}" for branch in branches]
    session.answer([branch._asdict() for branch in branches], "\n".join(lines))
    return 0
