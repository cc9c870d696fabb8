"""The store's speed against the tools it stands beside, on a fresh journaled ext4 over a loop device.

Run as root: ``python benchmarks/store/run.py [--rounds N] [--only NAME]``. Every round runs all contestants of a race one after the other;
the figure is the median of the ratios within the rounds, so that a busy machine weighs on both sides. The data are made from a seed.
"""

import argparse
import gc
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from io import BytesIO

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from measure import has, has_all, is_root  # noqa: E402

PACKAGES = {"zstd": "zstd", "nix-store": "nix-bin", "stow": "stow", "b3sum": "b3sum", "tar": "tar"}
"""The tools that stand in a contestant's first word, and their Debian packages."""
WORDS = [f"word{number}" for number in range(4000)]


def sh(text: str) -> None:
    subprocess.run(["sh", "-ec", text], check=True, stdout=subprocess.DEVNULL)


def one(*words: str) -> None:
    """Run one operation in a fresh interpreter, from compiled modules as an installed program has them."""
    program = f"import sys; sys.path[:0] = [{REPOSITORY!r}, {HERE!r}]; import one; one.main(*{words!r})"
    subprocess.run([sys.executable, "-I", "-c", program], check=True)


def present(contestants: dict[str, Callable[..., object]]) -> dict[str, Callable[..., object]]:
    """Leave out those whose tool is missing, each by name."""
    tools = {name: name.split()[0] for name in contestants}
    return {
        name: work for name, work in contestants.items() if tools[name] not in PACKAGES or has(tools[name], PACKAGES[tools[name]], name)
    }


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def spent() -> float:
    """Return the processor time of all children so far: what a busy machine does not change."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    def __init__(self, home: str, files: int) -> None:
        self.home, self.mount, self.files = home, f"{home}/mount", files
        self.packages, self.plain, self.single = f"{home}/zst", f"{home}/tar", f"{home}/single"
        self.whole = f"{self.single}/whole.tar.zst"
        for path in (self.mount, self.packages, self.plain, self.single):
            os.makedirs(path)
        make_data(self.plain, files)
        for name in os.listdir(self.plain):
            sh(f"zstd -q -3 {self.plain}/{name} -o {self.packages}/{name}.zst")
        sh(f"mkdir {home}/src; for a in {self.plain}/*; do tar -xf $a -C {home}/src; done")
        sh(f"tar -cf {home}/whole.tar -C {home}/src .; zstd -q -3 {home}/whole.tar -o {self.whole}")

    def fresh(self) -> None:
        """Return every run the same empty file system."""
        image = f"{self.home}/disk.img"
        if os.path.ismount(self.mount):
            sh(f"umount {self.mount}")
        sh(f"rm -f {image}; truncate -s 6G {image}")
        sh(f"mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 -N 400000 {image}; mount -o loop {image} {self.mount}")
        sh(f"sync -f {self.mount}")

    def close(self) -> None:
        if os.path.ismount(self.mount):
            sh(f"umount {self.mount}")
        shutil.rmtree(self.home)

    def race(
        self, title: str, contestants: dict[str, Callable[[str], None]], rounds: int, prepare: Callable[[str], None] | None = None
    ) -> None:
        """Run all contestants in every round, in changing order, each on a fresh file system; the first is the measure of the others."""
        contestants = present(contestants)
        times: dict[str, list[float]] = {name: [] for name in contestants}
        chance = random.Random(rounds)
        work_done: dict[str, list[float]] = {name: [] for name in contestants}
        for turn in range(rounds + 1):
            for name, work in sorted(contestants.items(), key=lambda _: chance.random()):
                self.fresh()
                place = f"{self.mount}/here"
                os.makedirs(place)
                if prepare is not None:
                    prepare(place)
                    sh(f"sync -f {self.mount}")
                before = spent()
                took = timed(lambda work=work, place=place: work(place))  # type: ignore[misc]
                if turn:
                    times[name].append(took)
                    work_done[name].append(spent() - before)
                sh(f"sync -f {self.mount}")
        base = next(iter(contestants))
        print(f"\n{title} ({rounds} rounds; ratios to the first, medians)")
        for name in contestants:
            wall, cpu = (
                statistics.median(mine / theirs for mine, theirs in zip(of[name], of[base], strict=True)) for of in (times, work_done)
            )
            print(
                f"  {name:<44} {statistics.median(times[name]) * 1000:8.1f} ms  ratio {wall:.2f}"
                f"   processor {statistics.median(work_done[name]) * 1000:8.1f} ms  ratio {cpu:.2f}"
            )
        sys.stdout.flush()


def make_data(home: str, files: int) -> None:
    """About 17 KB a file, sizes as in packages: many small, few large; text and noise."""
    chance = random.Random(4)
    each = 100
    for package in range(max(1, files // each)):
        with tarfile.open(f"{home}/pkg{package:04}.tar", "w", format=tarfile.GNU_FORMAT) as archive:
            for top in ("usr", "usr/bin", "usr/share", f"usr/share/pkg{package}"):
                made = tarfile.TarInfo(top)
                made.type, made.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(made)
            for number in range(each):
                size = min(int(chance.lognormvariate(8.2, 1.6)), 2 << 20)
                data = (" ".join(chance.choices(WORDS, k=size // 14 + 1)).encode() + chance.randbytes(size // 2))[:size]
                made = tarfile.TarInfo(f"usr/share/pkg{package}/file{number}")
                made.size, made.mtime = size, 1_700_000_000
                archive.addfile(made, BytesIO(data))


def ingest(bench: Bench, rounds: int) -> None:
    bench.race(
        "ingest of .tar.zst (nothing synced); promise <= 1.0 of zstd | tar, <= 0.75 of nix-store --add",
        {
            "zstd -dc | tar -x, one archive": lambda at: sh(f"zstd -dc {bench.whole} | tar -x -C {at}"),
            "nipsys, the same archive": lambda at: one("ingest", bench.single, at, "no-sync"),
            "nipsys, one archive a package": lambda at: one("ingest", bench.packages, at, "no-sync"),
            "zstd -dc | tar -x, one archive a package": lambda at: sh(
                f"for a in {bench.packages}/*; do zstd -dc $a | tar -x -C {at}; done"
            ),
            "nix-store --add of the unpacked tree": lambda at: sh(
                " ".join(f"NIX_{name}_DIR={at}/{name.lower()}" for name in ("STATE", "STORE", "LOG", "CONF"))
                + f" nix-store --add {bench.home}/src"
            ),
        },
        rounds,
    )


def durable(bench: Bench, rounds: int) -> None:
    bench.race(
        "durable ingest of .tar; promise <= 1.15",
        {
            "tar -x, one archive, then sync -f": lambda at: sh(f"tar -xf {bench.home}/whole.tar -C {at}; sync -f {at}"),
            "nipsys, one archive a package": lambda at: one("ingest", bench.plain, at, "sync"),
            "the same from .tar.zst": lambda at: one("ingest", bench.packages, at, "sync"),
            "zstd -dc | tar -x; sync -f": lambda at: sh(f"zstd -dc {bench.whole} | tar -x -C {at}; sync -f {at}"),
        },
        rounds,
    )


def compose(bench: Bench, rounds: int, links: int = 10_000) -> None:
    def farm(at: str) -> None:
        for place in range(links // 50):
            os.makedirs(f"{at}/stow/pkg/dir{place}")
            for number in range(50):
                with open(f"{at}/stow/pkg/dir{place}/file{number}", "w"):
                    pass
        os.makedirs(f"{at}/target")

    bench.race(
        f"compose {links} links; promise <= 0.5 of stow --no-folding",
        {
            "stow --no-folding": lambda at: sh(f"stow --no-folding -d {at}/stow -t {at}/target pkg"),
            "nipsys stage, publish, switch": lambda at: one("compose", f"{at}/root", str(links), "0"),
        },
        rounds,
        farm,
    )


def recompose(bench: Bench, rounds: int, links: int = 10_000) -> None:
    """Within one process and not synced: what staging, publishing and switching cost, without the start of an interpreter on either side.

    Both compose all their links, manifest and digests included, and write what is not there yet; only the disk tells the second what is.
    """
    sys.path.insert(0, REPOSITORY)
    sys.path.insert(0, HERE)
    gc.set_threshold(50_000, 20, 20)  # as the command line does
    import one as inside

    systems = [inside.system(links, changed) for changed in (0, links // 5000)]
    from nipsys.generation.catalog import Generations

    full, again = [], []
    for _ in range(rounds):
        bench.fresh()
        generations = Generations(f"{bench.mount}/root")
        generations.disk.sync = generations.disk.sync_directory = lambda *_: None  # type: ignore[method-assign]
        generations.history.add = lambda *_: None  # type: ignore[method-assign] # it syncs its line: not composing either
        full.append(timed(lambda: generations.commit(generations.stage(systems[0]))))  # noqa: B023
        again.append(timed(lambda: generations.commit(generations.stage(systems[1]))))  # noqa: B023
        generations.disk.close()
    ratio = statistics.median(mine / theirs for mine, theirs in zip(again, full, strict=True))
    print(f"\nrecompose {links} links with 1 % of the directories changed; promise <= 0.1 of a full compose ({rounds} rounds)")
    print(f"  full {statistics.median(full) * 1000:.1f} ms, 1 % changed {statistics.median(again) * 1000:.1f} ms, ratio {ratio:.3f}")


def switch(bench: Bench, rounds: int) -> None:
    """As a whole process, durable; and the switch alone, with its one fsync, which is the disk's."""
    sys.path.insert(0, REPOSITORY)
    from nipsys.effects.disk import RealDisk
    from nipsys.generation.switch import switch_current as flip

    nipsys = os.environ.get("NIPSYS", f"{os.path.dirname(sys.executable)}/nipsys")
    ratios: dict[int, list[tuple[float, float]]] = {}
    absolute: dict[int, list[float]] = {}
    alone: dict[int, list[float]] = {}
    python: list[float] = []
    for links in (100, 10_000, 100_000):
        bench.fresh()
        root = f"{bench.mount}/root"
        one("compose", root, str(links), "0")
        one("compose", root, str(links), "1")
        for turn in range(3 * rounds):
            start, base = spent(), timed(lambda: subprocess.run([sys.executable, "-I", "-c", "pass"], check=True))
            middle = spent()
            command = [nipsys, "--root", root, "rollback", "--to", str(1 + turn % 2)]
            took = timed(lambda command=command: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))  # type: ignore[misc]
            python.append(base)
            ratios.setdefault(links, []).append((took / base, (spent() - middle) / (middle - start)))
            absolute.setdefault(links, []).append(took)
        with RealDisk(root) as disk:
            alone[links] = [timed(lambda turn=turn: flip(disk, 1 + turn % 2)) for turn in range(3 * rounds)]  # type: ignore[misc]
    print(
        f"\nrollback as a whole process; promise <= 3 of python -I -c pass ({statistics.median(python) * 1000:.1f} ms), whatever the size"
    )
    for links, found in ratios.items():
        wall, cpu = (statistics.median(row[place] for row in found) for place in (0, 1))
        print(
            f"  {links:>7} links: median {statistics.median(absolute[links]) * 1000:6.1f} ms, ratio {wall:.2f}, processor ratio {cpu:.2f};"
            f" the switch alone {statistics.median(alone[links]) * 1000:.2f} ms"
        )


def verifying(bench: Bench, rounds: int) -> None:
    """At two sizes: of few files the start of the interpreter is a large part."""
    verified(bench, rounds)
    larger = Bench(f"{os.path.dirname(bench.home)}/larger", 3 * bench.files)
    try:
        verified(larger, rounds)
    finally:
        larger.close()


def verified(bench: Bench, rounds: int) -> None:
    bench.fresh()
    root = f"{bench.mount}/root"
    one("ingest", bench.packages, root, "sync")
    found: dict[str, list[float]] = {}
    contestants = present(
        {
            "b3sum": lambda: sh(f"find {root}/store -type f -print0 | xargs -0 b3sum"),
            "read only": lambda: sh(f"find {root}/store -type f -print0 | xargs -0 cat"),
            "read only, one python": lambda: subprocess.run([sys.executable, "-I", "-c", READ, f"{root}/store"], check=True),
            "nipsys verify": lambda: one("verify", root),
            "nipsys verify --quick": lambda: one("verify", root, "quick"),
        }
    )
    for turn in range(rounds + 1):
        for name, work in contestants.items():
            took = timed(work)
            if turn:
                found.setdefault(name, []).append(took)
    print(f"\nverify {bench.files} files; promise <= 1.0 of b3sum and <= 2 of reading ({rounds} rounds)")
    for name, times in found.items():
        print(f"  {name:<24} median {statistics.median(times) * 1000:8.1f} ms", end="")
        for other in [name for name in ("b3sum", "read only", "read only, one python") if name in found]:
            ratio = statistics.median(mine / theirs for mine, theirs in zip(times, found[other], strict=True))
            print(f"   of {other}: {ratio:.2f}", end="")
        print()
    sys.stdout.flush()


READ = """
import os, sys
for top, _, files in os.walk(sys.argv[1]):
    for name in files:
        with open(os.path.join(top, name), "rb") as file:
            file.read()
"""


def curve(home: str, rounds: int) -> None:
    print("\ncost against size (ms a thousand files; linear when the columns stay level)")
    print(f"  {'files':>7} {'ingest':>8} {'durable':>8} {'verify':>8} {'compose':>8} {'1 % new':>8}")
    for files in (1_000, 3_000, 10_000, 30_000, 100_000):
        bench = Bench(f"{home}/curve{files}", files)
        row: dict[str, list[float]] = {}
        for _ in range(max(1, rounds if files < 30_000 else 1)):
            bench.fresh()
            for name, words in {
                "ingest": ("ingest", bench.packages, f"{bench.mount}/a", "no-sync"),
                "durable": ("ingest", bench.packages, f"{bench.mount}/b", "sync"),
                "verify": ("verify", f"{bench.mount}/b"),
                "compose": ("compose", f"{bench.mount}/c", str(files), "0"),
                "1 % new": ("compose", f"{bench.mount}/c", str(files), str(max(1, files // 5000))),
            }.items():
                row.setdefault(name, []).append(timed(lambda words=words: one(*words)))  # type: ignore[misc]
        print(f"  {files:>7} " + " ".join(f"{statistics.median(times) / files * 1e6:8.1f}" for times in row.values()))
        sys.stdout.flush()
        bench.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--only", nargs="*", default=["ingest", "durable", "compose", "recompose", "switch", "verify", "curve"])
    options = parser.parse_args()
    tools = {"mkfs.ext4": "e2fsprogs", "mount": "mount", "zstd": "zstd", "tar": "tar"}
    if not (is_root("the store's benchmark, which mounts a file system of its own,") and has_all(tools, "the store's benchmark")):
        return
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))  # every contestant goes before whatever else the machine does
    home = tempfile.mkdtemp(prefix="nipsys-store-", dir="/var/tmp")
    bench = Bench(f"{home}/bench", options.files)
    races = {"ingest": ingest, "durable": durable, "compose": compose, "recompose": recompose, "switch": switch, "verify": verifying}
    try:
        for name in options.only:
            if name == "curve":
                curve(home, 3)
            else:
                races[name](bench, options.rounds)
    finally:
        bench.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
