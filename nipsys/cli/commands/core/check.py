"""Check a profile and everything it includes; report all errors at once, each with its position."""

import argparse

from nipsys import api
from nipsys.cli.render import format_count
from nipsys.cli.session import Session

EXAMPLE = "nipsys check laptop.kdl"
EXIT_CODES = {2: "the lock is missing or out of date"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Check the profile; return 0 when its lock is up to date, 2 when the lock is missing or out of date."""
    profile = api.load_profile(options.profile, host=options.host)
    lock = api.find_lock(profile)
    path = api.lock_path(options.profile)
    state = "lock is up to date" if lock else f"`{path}` is missing or out of date (run `nipsys lock {options.profile}`)"
    packages = format_count(len(profile.requests), "package")
    value = {"profile": profile.name, "digest": profile.digest, "packages": len(profile.requests), "lock_fresh": lock is not None}
    session.answer(value, f"{options.profile}: {packages} from {format_count(len(profile.sources), 'source')}, no errors; {state}")
    return 0 if lock else 2
