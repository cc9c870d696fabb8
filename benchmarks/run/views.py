"""What composing a world again costs when one of its packages changed: against reading every byte, and against the links alone.

    views.py [--packages 250] [--files 80] [--rounds 7]

A store of generated packages; one of them changes in every round. In turns: the view as nipsys composes it, the same without
what the store knows of unchanged files, and ``cp -al`` of the finished view, which makes its links and nothing else. Medians of the
rounds' ratios of CPU seconds; links cannot be had for less, as no directory can have two names.
"""

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
from collections.abc import Callable

from nipsys.effects.host.namespaces import Namespaces
from nipsys.model.digest import blake3_of
from nipsys.model.system.tree import Directory, File, Tree
from nipsys.store.trees import Store
from nipsys.view import assemble as building
from nipsys.view.compose import compose_view
from nipsys.view.model import PackageInput, WorldInput


def package(store: Store, number: int, files: int, salt: str) -> PackageInput:
    """Put a package of so many files of 16 KB into the store."""
    name = f"p{number:04d}"
    contents = {f"usr/share/{name}/{place:03d}": f"{name} {place} {salt}\n".encode() * 1000 for place in range(files)}
    entries = [Directory("usr"), Directory("usr/share"), Directory(f"usr/share/{name}")]
    tree = Tree.from_entries(
        [*entries, *(File(path, blake3_of(data).partition(":")[2], len(data), False, 0) for path, data in contents.items())]
    )
    with store.open_batch(workers=1) as batch:
        batch.put_tree(tree, lambda entry: (contents[entry.path],), name, "1")
        (kept,) = batch.commit()
    return PackageInput(f"bench/{name}", name, "1", kept.digest, kept.directory, tree)


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of ``work``, its children's too."""

    def now() -> float:
        return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))

    began = now()
    work()
    return now() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("packages", 250), ("files", 80), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as root:
        store = Store(root)
        members = [package(store, number, options.files, "") for number in range(options.packages)]
        known, ratios = building.find_untouched, []
        for turn in range(options.rounds + 1):
            taken = {}
            for way in ("again", "reading"):
                members[0] = package(store, 0, options.files, f"{turn} {way}")
                building.find_untouched = known if way == "again" else lambda _: {}
                plan = compose_view(WorldInput("bench", os.uname().machine, tuple(members)))
                taken[way] = cpu(lambda plan=plan: building.build_view(plan, store, namespaces=Namespaces(True, True)))
            taken["whole"] = taken["again"] + cpu(lambda: compose_view(WorldInput("bench", os.uname().machine, tuple(members))))
            view = store.path(plan.directory)
            taken["links"] = cpu(lambda view=view, turn=turn: subprocess.run(["cp", "-al", view, f"{root}/copy{turn}"], check=True))
            if turn:
                ratios.append((taken["again"] / taken["reading"], taken["whole"] / taken["links"], taken["again"]))
        building.find_untouched = known
    count = options.packages * options.files
    print(f"{count} files in {options.packages} packages, one changed: {statistics.median(row[2] for row in ratios):.2f} s of CPU to build")
    print(f"  against reading every byte      {statistics.median(row[0] for row in ratios):.2f}")
    print(f"  with composing, against cp -al  {statistics.median(row[1] for row in ratios):.2f}")


if __name__ == "__main__":
    main()
