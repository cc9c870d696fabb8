"""Why a package is in the lock: the shortest way to it from each thing the profile asks for."""

import argparse

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="a name, or source/name")
    parser.add_argument("--profile", metavar="FILE", help="the profile (the only one here with a lock)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Tell why."""
    from nipsys.app.query.graph import lock_of
    from nipsys.resolve.graph import why

    lock = lock_of(session.site(), options.profile)
    versions = {package.id: package.version for package in lock.packages}
    ways = why(lock, options.package)
    lines = []
    for way in ways:
        start = "every system has" if way.essential else "you ask for"
        lines.append(f"{start} {way.steps[0]} {versions[way.steps[0]]}")
        lines += [f"{'  ' * depth}needs {step} {versions[step]}" for depth, step in enumerate(way.steps[1:], 1)]
    value = [{"steps": list(way.steps), "essential": way.essential} for way in ways]
    session.answer(value, "\n".join(lines) or f"nothing asks for {options.package}")
    return 0
