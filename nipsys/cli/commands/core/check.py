"""Read a profile with everything it includes and name every mistake at once, each with its place."""

import argparse

from nipsys.cli.render.text import count
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--host", help="the host whose blocks hold (this machine)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Check; 0 when all is well and the lock fits, 2 when the lock is missing or stale."""
    from nipsys.app.lock.load_profile import declared
    from nipsys.app.lock.make import beside, fresh

    profile = declared(options.profile, options.host)
    lock = fresh(profile)
    told = "its lock is fresh" if lock else f"`{beside(options.profile)}` is missing or stale: `nipsys lock {options.profile}`"
    packages = count(len(profile.requests), "package")
    value = {"profile": profile.name, "digest": profile.digest, "packages": len(profile.requests), "lock_fresh": lock is not None}
    session.answer(value, f"{options.profile}: {packages} from {count(len(profile.sources), 'source')}, no mistakes; {told}")
    return 0 if lock else 2
