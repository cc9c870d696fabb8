"""Variants at size: ``variants.py make`` builds 2,000 packages with 4 versions and 20 free flags each; ``solve`` resolves among them.

Half of the flags bring a dependency when they are on, a third of those ask for a flag there, and some flags bring another one.
"""

import gc
import mmap
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nipsys.model.package.record import PackageRecord

gc.set_threshold(50_000, 20, 20)  # as the command line does
sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "support"))

PACKAGES, VERSIONS, FLAGS = 2000, 4, 20


def records(seed: int) -> Iterator["PackageRecord"]:
    """Make the records."""
    from nipsys.model.package.record import PackageRecord

    chance = random.Random(seed)
    for place in range(PACKAGES):
        flags = tuple(f"?{'-' if chance.random() < 0.6 else '+'}f{flag}" for flag in range(FLAGS))
        later = range(place + 1, PACKAGES)
        base = chance.sample(later, min(3, len(later)))
        for version in range(1, VERSIONS + 1):
            needs = []
            for flag in range(FLAGS):
                if later and chance.random() < 0.5:
                    other = chance.choice(later)
                    asked = chance.random()
                    suffix = f"[+f{chance.randrange(FLAGS)}]" if asked < 0.3 else f"[-f{chance.randrange(FLAGS)}]" if asked < 0.37 else ""
                    needs.append(f"-f{flag} | p{other}{suffix}")
                elif chance.random() < 0.1:
                    needs.append(f"-f{flag} | +f{chance.choice([one for one in range(FLAGS) if one != flag])}")
            needs += [f"p{other}" + (f" >= {chance.randint(1, VERSIONS)}" if chance.random() < 0.3 else "") for other in base]
            yield PackageRecord(f"p{place}", str(version), "", tuple(needs), flags=flags)


def main() -> int:
    """Make or solve."""
    from toy_world import ToyDialect, index_bytes, profile
    from universe import cache

    from nipsys.model.system.conflict import Conflict
    from nipsys.model.system.profile import Flag, Request
    from nipsys.resolve import resolve

    path = cache() / "variants.index"
    if sys.argv[1] == "make":
        path.write_bytes(index_bytes(records(1)))
        return 0
    from nipsys.index import Index
    from nipsys.model.system.profile import SourceSpec
    from nipsys.resolve import World

    world = World(SourceSpec("toy", "toy"), Index(mmap.mmap(os.open(path, os.O_RDONLY), 0, access=mmap.ACCESS_READ)), ToyDialect())
    wanted = [Request(f"p{place}", flags=(Flag("f0", "on"),) if place < 5 else ()) for place in range(10)]
    outcome = resolve([world], profile(*wanted))
    if isinstance(outcome, Conflict):
        sys.stderr.write("\n".join(reason.text for reason in outcome.reasons) + "\n")
        return 1
    sys.stdout.write(f"{len(outcome.packages)} packages, {outcome.conflicts} conflicts\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
