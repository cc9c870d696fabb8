"""Which generations may be deleted, which trees the others need, and which shared directories none needs."""

import time
from calendar import timegm
from collections.abc import Iterable

from nipsys.effects.disk import remove_tree
from nipsys.generation.catalog import Generations
from nipsys.generation.paths import GENERATIONS, NEW_PREFIX, SHARED_LINKS
from nipsys.generation.summary import Summary
from nipsys.store import STORE
from nipsys.view.triggers import DERIVED


def choose_expendable(
    summaries: Iterable[Summary], current: int | None, *, keep: int | None, older_than: float | None, now: float
) -> tuple[int, ...]:
    """Return the numbers of the generations to delete, ascending; none when neither ``keep`` nor ``older_than`` is given.

    Never the current one or a pinned one; only those that are not among the newest ``keep`` and were created more than
    ``older_than`` seconds before ``now`` (seconds since the epoch).
    """
    if keep is None and older_than is None:
        return ()
    ordered = sorted(summaries, key=lambda summary: -summary.number)
    free = [summary for summary in ordered[keep or 0 :] if summary.number != current and not summary.pinned]
    return tuple(sorted(summary.number for summary in free if older_than is None or now - _seconds(summary.created) > older_than))


def find_roots(generations: Generations, without: Iterable[int] = ()) -> frozenset[str]:
    """Return the directories in the store of all trees that generations refer to, except those in ``without``."""
    gone = set(without)
    found: set[str] = set()
    for number in generations.numbers():
        if number not in gone:
            system = generations.read(number).system
            found.update(placed.directory for placed in system.packages)
            found.update(view.directory for view in system.views)
            found.update(name for view in system.views for name in _read_derived(generations, view.directory))
            found.update(_tree_of(link.target) for link in system.links)
    return frozenset(found - {""})


def _read_derived(generations: Generations, view: str) -> list[str]:
    """Return the trees that maintainer scripts made for a view; see ``nipsys.view.triggers.script_sandbox``."""
    try:
        return bytes(generations.disk.read(f"{STORE}/{view}/{DERIVED}")).decode().split()
    except OSError:
        return []


def _tree_of(target: str) -> str:
    """Return the directory of the tree that a link of the farm leads into; empty when it leads elsewhere."""
    _, mark, path = target.partition(f"../{STORE}/")
    return path.partition("/")[0] if mark else ""


def remove_unused_directories(generations: Generations) -> int:
    """Remove the shared directories that no generation uses any more and return how many; the caller must hold the root's lock."""
    disk = generations.disk
    held: set[str] = set()
    for number in generations.numbers():
        held.update(bytes(disk.read(f"{GENERATIONS}/{number}/links")).decode().split())
    gone = [name for name, _ in disk.list_entries(SHARED_LINKS) if name not in held]
    for name in gone:
        # Renamed first: a directory that has lost some of its links must never be found by its name.
        disk.rename(f"{SHARED_LINKS}/{name}", f"{GENERATIONS}/{NEW_PREFIX}gone-{name}")
    if gone:
        disk.sync_directory(SHARED_LINKS)
    for name in gone:
        remove_tree(disk, f"{GENERATIONS}/{NEW_PREFIX}gone-{name}")
    return len(gone)


def _seconds(text: str) -> float:
    return timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
