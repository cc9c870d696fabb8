"""One resolution as a whole process: ``one.py INDEX LOCK ENGINE PACKAGE...`` (``@FILE`` for a list).

Writes the lock, prints how many packages.
"""

# ruff: noqa: E402 - the setting comes before what it is for

import gc
import mmap
import os
import sys

gc.set_threshold(50_000, 20, 20)  # as the command line does, before it imports

from nipsys.index import Index
from nipsys.lock import format_lock
from nipsys.model.system.conflict import Conflict
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.resolve import Options, World, resolve, to_lock


def main() -> int:
    """Resolve, write, tell."""
    path, out, engine, *names = sys.argv[1:]
    if names[0].startswith("@"):
        with open(names[0][1:], encoding="utf-8") as listed:
            names = listed.read().split()
    descriptor = os.open(path, os.O_RDONLY)
    index = Index(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
    world = World(SourceSpec("debian", "debian"), index, Plain())
    profile = Profile("bench", "x86_64", sources=(world.spec,), requests=tuple(map(Request, names)))
    outcome = resolve([world], profile, Options(engine=engine))
    if isinstance(outcome, Conflict):
        sys.stderr.write("\n".join(reason.text for reason in outcome.reasons) + "\n")
        return 1
    lock = to_lock(outcome, [world], profile)
    with open(out, "w", encoding="utf-8") as file:
        file.write(format_lock(lock))
    sys.stdout.write(f"{len(lock.packages)}\n")
    return 0


class Plain:
    """A dialect is only asked about ranges, and these requests have none."""

    name = "debian"


if __name__ == "__main__":
    sys.exit(main())
