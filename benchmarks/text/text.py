"""What reading and writing the texts of users costs: CPU milliseconds, best of seven, in one process.

python benchmarks/text/text.py
"""

import hashlib
import random
import sys
import time
from collections.abc import Callable

from nipsys.lock import format_lock as write_lock
from nipsys.lock import read_lock
from nipsys.model.package.record import Snapshot
from nipsys.model.system.lock import Lock, LockedPackage, LockedSource
from nipsys.profile import read_profile

PACKAGES = 2000
REQUESTS = 1000


def main() -> None:
    """Measure and print a table."""
    text = write_lock(_LOCK)
    kdl = 'source "debian" suite="trixie"\npackages {\n' + "".join(f'    package-{i} ">=1" +python -X\n' for i in range(REQUESTS)) + "}\n"
    toml = '[source.debian]\nsuite = "trixie"\n[packages]\n' + "".join(
        f'package-{i} = {{ version = ">=1", flags = ["+python", "-X"] }}\n' for i in range(REQUESTS)
    )
    rows = [
        (f"write a lock of {PACKAGES} packages ({len(text) >> 10} KiB)", _best(lambda: write_lock(_LOCK))),
        (f"read it, checked byte for byte (budget {PACKAGES // 50} ms)", _best(lambda: read_lock(text, "l.kdl"))),
        (
            f"read a KDL profile of {REQUESTS} packages with all spans",
            _best(lambda: read_profile("p.kdl", lambda _: kdl.encode(), arch="x86_64")),
        ),
        (
            f"read a TOML profile of {REQUESTS} packages with all spans",
            _best(lambda: read_profile("p.toml", lambda _: toml.encode(), arch="x86_64")),
        ),
    ]
    for name, milliseconds in rows:
        sys.stdout.write(f"{milliseconds:8.1f} ms  {name}\n")


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times) * 1000


def _lock() -> Lock:
    chance = random.Random(1)
    names = sorted(f"package-{number}" for number in range(PACKAGES))
    packages = []
    for name in names:
        version = f"1:{chance.randrange(9)}.{chance.randrange(99)}-{chance.randrange(9)}+deb13u1"
        needs = tuple(sorted(f"debian/{other}" for other in chance.sample(names, chance.randrange(9))))
        digest = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
        location = f"pool/main/{name[:4]}/{name}/{name}_1.2-3_amd64.deb"
        purl = f"pkg:deb/debian/{name}@{version}?arch=amd64"
        facts = (("source", name), ("suite", "trixie"))
        packages.append(
            LockedPackage(
                "debian", name, version, "amd64", "deb", location, chance.randrange(10**7), digest, purl, needs=needs, facts=facts
            )
        )
    source = LockedSource("debian", "debian", Snapshot("debian", "sha256:" + "a" * 64, "2026-11-20T08:00:00Z"), (("suite", "trixie"),))
    return Lock("p", "blake3:" + "0" * 64, "x86_64", (source,), tuple(packages))


_LOCK = _lock()

if __name__ == "__main__":
    main()
