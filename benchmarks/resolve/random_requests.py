"""Random packages that can stand together: ``random_requests.py INDEX COUNT``."""

import mmap
import os
import random
import sys
from pathlib import Path

from nipsys.index import Index
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.resolve import World
from nipsys.resolve.case import Options, build_case
from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.instance import ROOT, Answer, Instance
from nipsys.sources.debian.dialect import DebianDialect


def opened(path: Path) -> World:
    """Open an index as a world."""
    return World(
        SourceSpec("debian", "debian"), Index(mmap.mmap(os.open(path, os.O_RDONLY), 0, access=mmap.ACCESS_READ)), DebianDialect("amd64")
    )


def together(path: Path, count: int, chance: random.Random) -> list[str]:
    """Draw ``count`` names and leave out the first request of every contradiction."""
    world = opened(path)
    names = sorted(chance.sample([world.index.name_of(number) for number in range(world.index.names)], count))
    while True:
        profile = Profile("bench", "x86_64", requests=tuple(map(Request, names)))
        question: Instance = build_case([world], profile, Options()).instance
        answer = CdclEngine().solve(question)
        if isinstance(answer, Answer):
            return names
        bad = next(clause.origin[1] for clause in answer.clauses if clause.origin[0] == ROOT)
        del names[bad]


if __name__ == "__main__":
    sys.stdout.write("\n".join(together(Path(sys.argv[1]), int(sys.argv[2]), random.Random(7))) + "\n")
