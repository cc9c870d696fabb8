"""One measured operation of the store in a process of its own: ``main(VERB, ...)``; prints nothing.

``ingest ARTIFACTS ROOT sync|no-sync`` unpacks every archive of a directory; ``compose ROOT LINKS CHANGED`` makes a generation of so many
links, of which so many directories differ from generation to generation; ``verify ROOT``; ``switch ROOT NUMBER``.
"""

import functools
import gc
import os
from typing import TYPE_CHECKING

from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.store.trees import Store

if TYPE_CHECKING:
    from nipsys.model.system.generation import System


def ingest(artifacts: str, root: str, durable: str) -> None:
    store = Store(root)
    if durable == "no-sync":
        store.disk.sync = store.disk.sync_directory = lambda *_: None  # type: ignore[method-assign]
    paths = sorted((f"{artifacts}/{name}" for name in os.listdir(artifacts)), key=lambda path: -os.path.getsize(path))
    with store.open_batch() as batch:
        for path in paths:
            batch.put(functools.partial(open, path, "rb"), UnpackSpec("tar"), os.path.basename(path).partition(".")[0], "1", f"x:{path}")
        batch.commit()


def system(links: int, changed: int) -> "System":
    from nipsys.model.system.generation import FarmLink, System

    forest = []
    for place in range(links // 50):
        tree = f"{'ab01' * 6}xy-pkg{place}-{'2' if place < changed else '1'}.0"
        target = f"../../../../../store/{tree}/"
        forest += [FarmLink(f"Links/Shared/dir{place}/file{number}", f"{target}f{number}") for number in range(50)]
    return System("p", "blake3:p", f"blake3:{changed}", "x86_64", links=tuple(sorted(forest)))  # by path, as `apply` has them


def compose(root: str, links: str, changed: str) -> None:
    from nipsys.effects.clock import FixedClock
    from nipsys.generation.catalog import Generations

    generations = Generations(root, clock=FixedClock())
    generations.disk.sync = generations.disk.sync_directory = lambda *_: None  # type: ignore[method-assign]
    generations.commit(generations.stage(system(int(links), int(changed))))


def verify(root: str, quick: str = "") -> None:
    from nipsys.store.maintenance.verify import verify_trees as check

    found = check(Store(root), quick=bool(quick))
    assert {checked.state for checked in found} == {"VERIFIED"}


def main(verb: str, *words: str) -> None:
    gc.set_threshold(50_000, 20, 20)  # as the command line does
    {"ingest": ingest, "compose": compose, "verify": verify}[verb](*words)
