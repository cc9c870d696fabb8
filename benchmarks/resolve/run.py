"""Measure the resolver beside apt: whole processes, median of seven, on the same package lists, in one run.

``run.py [--rounds N]``. Fetches the lists through the host's own apt configuration at the first run and keeps them outside the
checkout (see ``universe.py``). apt works in a private root (its lists, cache and empty status below a temporary directory), from the
same files, its cache warm. nipsys is installed by pip into an environment of its own. Both choose among hard dependencies only; rounds
take turns, so that load meets both alike. nipsys opens its index, resolves, verifies and writes the lock; it also takes in the essential
packages. Prints one table; exits 1 when a limit is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import Cost, has, measure
from universe import SUITES, UNIVERSES, cache, installed, packages

HERE = Path(__file__).parent
MEDIUM = ["vim", "git", "nginx", "postgresql"]


def medians(commands: list[list[str]], rounds: int) -> list[Cost]:
    """Run processes in turn, several times; give the medians of each."""
    seen: list[list[Cost]] = [[] for _ in commands]
    for _ in range(rounds):
        for argv, costs in zip(commands, seen, strict=True):
            costs.append(measure(argv, check=False))
    return [median(costs) for costs in seen]


def median(costs: list[Cost]) -> Cost:
    """Return the median of each column; the worst exit code."""
    wall, cpu, memory, codes = zip(*costs, strict=True)
    return Cost(statistics.median(wall), statistics.median(cpu), statistics.median(memory), max(codes))


class Apt:
    """apt over the same lists, in a root of its own."""

    def __init__(self, root: Path, suites: tuple[str, ...]) -> None:
        self.root = root
        (root / "nothing").mkdir()
        (root / "apt.conf").write_text(self.settings())
        for folder in ("etc/apt", "state/lists/partial", "cache/archives/partial", "repo"):
            (root / folder).mkdir(parents=True)
        (root / "status").touch()
        lines = []
        for suite in suites:
            folder = root / "repo" / "dists" / suite / "main" / "binary-amd64"
            folder.mkdir(parents=True)
            (folder / "Packages").symlink_to(packages(suite))
            lines.append(f"deb [trusted=yes arch=amd64] file:{root}/repo {suite} main\n")
        (root / "etc/apt/sources.list").write_text("".join(lines))
        self.run(["update"], check=False)
        self.run(["--print-uris", "install", "jq"])

    def settings(self) -> str:
        """Write apt's settings: nothing of the host's own, plain lists, a cache that stays warm."""
        values = {
            "Dir::Etc": f"{self.root}/etc/apt", "Dir::Etc::parts": f"{self.root}/nothing", "Dir::Etc::main": "nothing",
            "Dir::Etc::sourcelist": "sources.list", "Dir::Etc::sourceparts": f"{self.root}/nothing",
            "Dir::Etc::preferencesparts": f"{self.root}/nothing", "Dir::State": f"{self.root}/state",
            "Dir::State::status": f"{self.root}/status",
            "Dir::Cache": f"{self.root}/cache", "Dir::Cache::pkgcache": "pkgcache.bin", "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
            "Dir::Log": f"{self.root}", "APT::Architecture": "amd64", "APT::Install-Recommends": "false", "Acquire::GzipIndexes": "false",
            "Acquire::Languages": "none", "APT::Sandbox::User": "root", "Acquire::AllowInsecureRepositories": "true",
            "APT::Get::AllowUnauthenticated": "true", "Debug::NoLocking": "true",
        }  # fmt: skip
        return "".join(f'{key} "{value}";\n' for key, value in values.items()) + 'APT::Architectures { "amd64"; };\n'

    def argv(self, words: list[str]) -> list[str]:
        """Return the whole command line."""
        return ["env", f"APT_CONFIG={self.root}/apt.conf", "apt-get", "-q", "-y", *words]

    def run(self, words: list[str], *, check: bool = True) -> None:
        """Run apt once, unmeasured."""
        done = subprocess.run(self.argv(words), capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise SystemExit(f"apt does not work in its own root: {done.stderr[-800:]}")


def index(python: str, universe: str) -> str:
    """Return the index of a universe, built by another process."""
    return subprocess.run([python, str(HERE / "make.py"), universe, "keep"], capture_output=True, text=True, check=True).stdout.strip()


def request_file(python: str, name: str, universe: str, count: int) -> Path:
    """Return a list of random packages that go together (those in a hard conflict are left out), kept for the next run."""
    path = cache() / f"{name}-{universe}.txt"
    if not path.exists():
        made = subprocess.run(
            [python, str(HERE / "random_requests.py"), index(python, universe), str(count)], capture_output=True, text=True, check=True
        )
        path.write_text(made.stdout)
    return path


class Row(NamedTuple):
    """One line of the table."""

    request: str
    universe: str
    own: Cost
    apt: Cost | None
    limit: str
    holds: bool


def rows(python: str, rounds: int) -> list[Row]:
    """Measure everything."""
    found = []
    lock = str(cache() / "bench.lock.kdl")
    for universe, shares in (("one", (0.15, 0.2)), ("three", (0.06, 0.1))):
        path = index(python, universe)
        with tempfile.TemporaryDirectory() as folder:
            apt = Apt(Path(folder), tuple(reversed(UNIVERSES[universe])) if universe == "three" else UNIVERSES[universe])
            for (name, names), share in zip((("vim git nginx postgresql", MEDIUM), ("kde-full", ["kde-full"])), shares, strict=True):
                mine = [python, str(HERE / "one.py"), path, lock, "auto", *names]
                own, other = medians([mine, apt.argv(["--print-uris", "install", *names])], rounds)
                holds = own.wall <= share * other.wall and own.memory <= 60 and not own.code
                found.append(Row(name, universe, own, other, f"<= {share} x apt, <= 60 MB", holds))
        listed = request_file(python, "p500", universe, 500)
        for engine, seconds in (("auto", 1.5), *((("sat", 0.5),) if universe == "three" else ())):
            (own,) = medians([[python, str(HERE / "one.py"), path, lock, engine, f"@{listed}"]], rounds)
            found.append(
                Row(f"500 random packages ({engine})", universe, own, None, f"<= {seconds} s of CPU", own.cpu <= seconds and not own.code)
            )
    (own,) = medians([[python, str(HERE / "variants.py"), "solve"]], rounds)
    found.append(Row("2000 packages x 4 versions x 20 flags", "made up", own, None, "<= 1 s", own.wall <= 1 and not own.code))
    for universe in ("one", "three"):
        (own,) = medians([[python, str(HERE / "make.py"), universe]], 3)
        limit = "<= 3 s of CPU, <= 200 MB" if universe == "one" else "(no limit set)"
        holds = universe == "three" or (own.cpu <= 3 and own.memory <= 200)
        found.append(Row("index build", universe, own, None, limit, holds and not own.code))
    return found


def line(row: Row) -> str:
    """Write one row of the table."""
    own, apt = row.own, row.apt
    text = f"{row.request:<37} {row.universe:<7} {own.wall * 1e3:5.0f} ms {own.cpu * 1e3:5.0f} ms CPU {own.memory:4.0f} MB"
    other = ""
    if apt:
        other = f"apt {apt.wall * 1e3:.0f} ms {apt.cpu * 1e3:.0f} ms CPU {apt.memory:.0f} MB"
        other += f": {own.wall / apt.wall:.3f} x, CPU {own.cpu / apt.cpu:.3f} x"
    return f"{text}  {other:<58} {row.limit:<26} {'holds' if row.holds else 'MISSED'}"


def main() -> int:
    """Measure and print."""
    if not has("apt-get", "apt", "the resolver's benchmark, which takes package lists from apt's archive,"):
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for suite in SUITES:
        packages(suite)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the made-up universe's own module is compiled once, as an installed one is
    python = installed()
    subprocess.run([python, str(HERE / "variants.py"), "make"], check=True)
    measured = rows(python, options.rounds)
    if options.json:
        sys.stdout.write(json.dumps([row._asdict() for row in measured], indent=1) + "\n")
    else:
        for row in measured:
            sys.stdout.write(line(row) + "\n")
        sys.stdout.write(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    return 0 if all(row.holds for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
