"""Show why a package is locked: the shortest dependency chain to it from each requested package."""

import argparse

from nipsys.cli.session import Session

EXAMPLE = "nipsys why openssl"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="NAME or SOURCE/NAME")
    parser.add_argument("--profile", metavar="FILE", help="profile [default: the one applied last, else the only one here with a lock]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the dependency chains."""
    from nipsys.app.query import read_lock_of
    from nipsys.resolve import find_paths

    lock = read_lock_of(session.open_context(), options.profile)
    versions = {package.id: package.version for package in lock.packages}
    ways = find_paths(lock, options.package)
    lines = []
    for way in ways:
        start = "essential:" if way.essential else "requested:"
        lines.append(f"{start} {way.steps[0]} {versions[way.steps[0]]}")
        lines += [f"{'  ' * depth}depends on {step} {versions[step]}" for depth, step in enumerate(way.steps[1:], 1)]
    value = [{"steps": list(way.steps), "essential": way.essential} for way in ways]
    session.answer(value, "\n".join(lines) or f"nothing depends on {options.package}")
    return 0
