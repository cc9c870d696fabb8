"""What a start costs: a program directly, by its view's launcher, compiled and in Python, and by bubblewrap with the same mounts.

    bench.py [--starts 400]

Makes a world of a static busybox in a temporary root, starts its ``true`` in turns each way, and prints milliseconds: percentiles
of the time taken, and the processor's time. The machine's noise shows in the median; the tenth percentile compares the ways. The
promise: at most 1 ms over a direct start, and at most half of what bubblewrap costs over one.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from nipsys.effects.host.namespaces import probe
from nipsys.model.digest import blake3_of
from nipsys.model.system.tree import Directory, File, Link, Tree
from nipsys.store.trees import Store
from nipsys.view.assemble import build_view
from nipsys.view.compose import compose_view
from nipsys.view.launcher.binary import build_python_launcher
from nipsys.view.model import PackageInput, WorldInput

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import has

BUSYBOX = shutil.which("busybox") or "/bin/busybox"


def world(store: Store) -> tuple[str, str]:
    """Make the view; give its directory and the stand-in for ``true``."""
    with open(BUSYBOX, "rb") as file:
        data = file.read()
    program = File("usr/bin/busybox", blake3_of(data).partition(":")[2], len(data), True, 0)
    data_file = File("usr/lib/data", program.digest, program.size, False, 0)  # with data of its own it is entered by the launcher
    tree = Tree.from_entries(
        [Directory("usr"), Directory("usr/bin"), Directory("usr/lib"), program, data_file, Link("usr/bin/true", "busybox")]
    )
    with store.open_batch(workers=1) as batch:
        batch.put_tree(tree, lambda _: (data,), "busybox", "1")
        (name,) = batch.commit()
    plan = compose_view(
        WorldInput("bench", os.uname().machine, (PackageInput("bench/busybox", "busybox", "1", name.digest, name.directory, tree, True),))
    )
    build_view(plan, store)
    view = store.path(plan.directory)
    return view, f"{view}/.run/usr/bin/true"


def once(argv: list[str]) -> tuple[float, float]:
    """Start and wait; give the milliseconds taken, and those of the processor."""
    began = time.perf_counter()
    child = os.posix_spawn(argv[0], argv, os.environ)
    _, status, used = os.wait4(child, 0)
    taken = (time.perf_counter() - began) * 1000
    if status:
        sys.exit(f"{argv}: status {status}")
    return taken, (used.ru_utime + used.ru_stime) * 1000


def by_python(view: str, root: str) -> list[str]:
    """Write the launcher that needs no compiler; give the words that start ``true`` by it."""
    launcher = f"{root}/launch-in-python"
    with open(launcher, "w", encoding="utf-8") as file:
        file.write(build_python_launcher())
    os.chmod(launcher, 0o755)
    return [launcher, view, "/usr/bin/true", "true"]


def by_bubblewrap(view: str) -> list[str]:
    """Return the words that start ``true`` with the mounts that a view needs; nothing where there is no bubblewrap."""
    found = shutil.which("bwrap") if has("bwrap", "bubblewrap", "the comparison with bubblewrap") else None
    mounts = (
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
    )
    return [found, *mounts, "/usr/bin/true"] if found else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=400)
    options = parser.parse_args()
    if not has("busybox", "busybox-static", "what a start costs"):
        return
    if not (found := probe()).open:
        sys.stderr.write(f"namespaces are closed here ({found.step}: {found.reason}): what a start costs is left out\n")
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as root:
        view, stub = world(Store(root))
        ways = {"direct": [BUSYBOX, "true"], "view": [stub], "bubblewrap": by_bubblewrap(view), "python": by_python(view, root)}
        ways = {name: argv for name, argv in ways.items() if argv}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(options.starts):
            for name, argv in ways.items():
                if name != "python" or turn % 10 == 0:
                    times[name].append(once(argv))
    tell(times)


def tell(times: dict[str, list[tuple[float, float]]]) -> None:
    """Print a line for each way, then the ratios that the promise is about."""
    over: dict[str, tuple[float, float]] = {}
    base = (0.0, 0.0)
    for name, rows in times.items():
        wall, processor = [row[0] for row in rows], [row[1] for row in rows]
        tenth, used = statistics.quantiles(wall, n=10)[0], statistics.median(processor)
        base = base if over else (tenth, used)
        over[name] = tenth - base[0], used - base[1]
        print(
            f"{name:<11} median {statistics.median(wall):7.3f}  p10 {tenth:7.3f}  processor {used:7.3f}"
            f"  over direct {over[name][0]:+.3f} (processor {over[name][1]:+.3f}) ms"
        )
    if "bubblewrap" in over:
        ratios = [mine / theirs for mine, theirs in zip(over["view"], over["bubblewrap"], strict=True)]
        print(f"view against bubblewrap: {ratios[0]:.2f} of the time it adds, {ratios[1]:.2f} of the processor's; promise 0.50")


if __name__ == "__main__":
    main()
