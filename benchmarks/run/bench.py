"""What a start costs: a program directly, by its view's launcher, and by bubblewrap with the same mounts.

    bench.py [--starts 400]

Makes a world of a static busybox in a temporary root, starts its ``true`` in turns each way, and prints percentiles in
milliseconds. The machine's noise shows in the median; the tenth percentile compares the ways.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time

from nipsys.effects.namespaces import probe
from nipsys.model.digest import blake3_of
from nipsys.model.tree import Directory, File, Link, Tree
from nipsys.store.store import Store
from nipsys.view.build import build
from nipsys.view.compose import prepare
from nipsys.view.world import Member, WorldInput

BUSYBOX = "/bin/busybox"


def world(store: Store) -> tuple[str, str]:
    """Make the view; give its directory and the stand-in for ``true``."""
    with open(BUSYBOX, "rb") as file:
        data = file.read()
    program = File("usr/bin/busybox", blake3_of(data).partition(":")[2], len(data), True, 0)
    data_file = File("usr/lib/data", program.digest, program.size, False, 0)  # with data of its own it is entered by the launcher
    tree = Tree.of([Directory("usr"), Directory("usr/bin"), Directory("usr/lib"), program, data_file, Link("usr/bin/true", "busybox")])
    with store.batch(workers=1) as batch:
        batch.put_tree(tree, lambda _: (data,), "busybox", "1")
        (name,) = batch.commit()
    plan = prepare(
        WorldInput("bench", os.uname().machine, (Member("bench/busybox", "busybox", "1", name.digest, name.directory, tree, True),))
    )
    build(plan, store)
    view = store.path(plan.directory)
    return view, f"{view}/.run/usr/bin/true"


def once(argv: list[str]) -> float:
    began = time.perf_counter()
    child = os.posix_spawn(argv[0], argv, os.environ)
    status = os.waitpid(child, 0)[1]
    taken = (time.perf_counter() - began) * 1000
    if status:
        sys.exit(f"{argv}: status {status}")
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=400)
    options = parser.parse_args()
    if not probe().open:
        sys.exit(f"namespaces are closed here: {probe()}")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as root:
        view, stub = world(Store(root))
        ways = {"direct": [BUSYBOX, "true"], "view": [stub]}
        if bwrap := shutil.which("bwrap"):
            mounts = [
                "--dev-bind",
                "/",
                "/",
                "--ro-bind",
                f"{view}/usr",
                "/usr",
                "--ro-bind",
                f"{view}/etc",
                "/etc",
                "--bind",
                f"{view}/var",
                "/var",
            ]
            ways["bubblewrap"] = [bwrap, *mounts, "/usr/bin/true"]
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.starts):
            for name, argv in ways.items():
                times[name].append(once(argv))
    base = statistics.quantiles(times["direct"], n=10)[0]
    for name, taken in times.items():
        tenth = statistics.quantiles(taken, n=10)[0]
        print(f"{name:<11} median {statistics.median(taken):6.3f}  p10 {tenth:6.3f}  overhead {tenth - base:+.3f} ms")


if __name__ == "__main__":
    main()
