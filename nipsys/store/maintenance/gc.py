"""Garbage collection: find unreferenced trees and their sizes, and remove them without writing, so that it works on a full disk."""

from collections import Counter
from collections.abc import Collection

from nipsys.effects.disk import Disk
from nipsys.model import Advanced, Began, Ended, Frozen, Reporter, ignore_event
from nipsys.store.artifacts import read_record
from nipsys.store.paths import ARTIFACTS, MANIFESTS, NEW_PREFIX, tree_path
from nipsys.store.trees import Store


class DeadTree(Frozen):
    """An unreferenced tree."""

    directory: str
    size: int
    """Bytes that removing it frees: files that no live tree shares, each counted once."""


def find_dead_trees(store: Store, roots: Collection[str]) -> tuple[DeadTree, ...]:
    """Return the trees whose directories are not in ``roots``, sorted by directory."""
    alive = set(roots)
    dead = [directory for directory in store.list_directories() if directory not in alive]
    inodes: Counter[int] = Counter()
    names: dict[str, dict[int, tuple[int, int]]] = {}
    for directory in dead:
        names[directory] = found = {}
        for inode, size, links in _list_inodes(store.disk, tree_path(directory)):
            inodes[inode] += 1
            found[inode] = (size, links)
    counted: set[int] = set()
    answer = []
    for directory in dead:
        gone = {inode: size for inode, (size, links) in names[directory].items() if inodes[inode] >= links and inode not in counted}
        counted |= gone.keys()
        answer.append(DeadTree(directory, sum(gone.values())))
    return tuple(answer)


def remove_dead_trees(store: Store, dead: Collection[DeadTree], report: Reporter = ignore_event) -> None:
    """Remove dead trees with their manifests and records; the caller holds the lock and has considered every root."""
    report(Began("gc", len(dead)))
    store.discard(tree.directory for tree in dead)
    report(Advanced("gc", len(dead)))
    _remove_records(store)
    report(Ended("gc"))


def _remove_records(store: Store) -> None:
    """Remove manifests and artifact records whose trees no longer exist."""
    there = set(store.list_directories())
    for name, _ in store.disk.list_entries(MANIFESTS):
        if name not in there and not name.startswith(NEW_PREFIX):
            store.disk.remove(f"{MANIFESTS}/{name}")
    for name, _ in store.disk.list_entries(ARTIFACTS):
        made = read_record(store.disk, f"{ARTIFACTS}/{name}")
        if made is None or made.directory not in there:
            store.disk.remove(f"{ARTIFACTS}/{name}")


def _list_inodes(disk: Disk, top: str) -> list[tuple[int, int, int]]:
    """Return (inode, size, links) of every file below ``top``."""
    found = []
    ahead = [top]
    while ahead:
        directory = ahead.pop()
        for name, kind in disk.list_entries(directory):
            path = f"{directory}/{name}"
            if kind == "directory":
                ahead.append(path)
            elif kind == "file" and (seen := disk.lstat(path)) is not None:
                found.append((seen.inode, seen.size, seen.links))
    return found
