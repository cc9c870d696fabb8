"""Resolve a profile and write the lock file next to it, with the digest of every artifact."""

import argparse

from nipsys import api
from nipsys.cli.render import diff_locks, format_count, format_size
from nipsys.cli.session import Session

EXAMPLE = "nipsys lock laptop.kdl"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", help="the profile, .kdl or .toml")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")
    proof = parser.add_mutually_exclusive_group()
    proof.add_argument(
        "--optimal", dest="prove", action="store_const", const="optimal", help="prove that no package could be newer (needs clingo)"
    )
    proof.add_argument(
        "--minimal-change",
        dest="prove",
        action="store_const",
        const="minimal-change",
        help="prove that as few packages as possible change (needs clingo)",
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Lock the profile; a lock that is up to date is not changed."""
    profile = api.load_profile(options.profile, host=options.host)
    return show_lock(api.lock(session.root, profile, prove=options.prove), session)


def show_lock(done: "api.LockResult", session: Session) -> int:
    """Print a summary of the lock and its differences from the previous one."""
    lock = done.lock
    total = sum(package.size for package in lock.packages)
    summary = f"{done.path}: {format_count(len(lock.packages), 'package')}, {format_size(total)}" + ("" if done.changed else ", unchanged")
    changes = diff_locks(done.previous, lock) if done.previous else []
    value = {
        "lock": done.path, "digest": lock.digest, "packages": len(lock.packages), "size": total, "changed": done.changed,
        "changes": [list(change) for change in changes],
    }  # fmt: skip
    lines = [" ".join(change) for change in changes]
    session.answer(value, "\n".join([*lines, summary]))
    return 0
