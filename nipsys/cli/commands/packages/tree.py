"""The dependency tree of a lock; what was shown above with what it needs is marked and not shown again."""

import argparse

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", nargs="*", help="start here (everything the profile asks for)")
    parser.add_argument("--depth", type=int, metavar="N", help="so many steps down")
    parser.add_argument("--reverse", action="store_true", help="what needs it, instead of what it needs")
    parser.add_argument("--profile", metavar="FILE", help="the profile (the only one here with a lock)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Show the tree."""
    from nipsys.app.query.graph import lock_of
    from nipsys.resolve.graph import tree

    branches = tree(lock_of(session.site(), options.profile), options.package, options.depth, reverse=options.reverse)
    lines = [f"{'  ' * branch.depth}{branch.id} {branch.version}{' (above)' if branch.again else ''}" for branch in branches]
    session.answer([branch._asdict() for branch in branches], "\n".join(lines))
    return 0
