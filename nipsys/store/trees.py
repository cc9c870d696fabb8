"""The store of one root: its trees, and the batches that add to them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nipsys.effects.disk import Disk, RealDisk, remove_tree
from nipsys.model import Digest, Layout, Reporter, ignore_event
from nipsys.model.system import Tree, TreeName
from nipsys.store.artifacts import read_dropped_bits, read_record
from nipsys.store.member import Limits
from nipsys.store.paths import ARTIFACTS, MANIFESTS, NEW_PREFIX, STORE, artifact_path, manifest_path, tree_path

if TYPE_CHECKING:
    from nipsys.store.ingest import TreeBatch


class Store:
    """Immutable trees below ``R/store``, with their manifests and the records of which artifact became which tree.

    Reading needs no lock; for ``open_batch`` and everything that removes, the caller must hold the root's lock.
    """

    def __init__(self, root: str, disk: Disk | None = None, *, report: Reporter = ignore_event, limits: Limits | None = None) -> None:
        """Open the store of ``root``, which is created if it is missing; ``disk`` is a disk at the root (the real one by default)."""
        self.layout = Layout(root)
        self.disk: Disk = RealDisk(root, create=True) if disk is None else disk
        self.report = report
        self.limits = limits or Limits()
        for path in (STORE, MANIFESTS, ARTIFACTS):
            if self.disk.lstat(path) is None:
                self.disk.mkdir(path)

    def path(self, name: TreeName | str) -> str:
        """Return the absolute path of a tree, by name or directory."""
        return f"{self.layout.store}/{_directory_of(name)}"

    def has(self, name: TreeName | str) -> bool:
        """Return whether a tree and its manifest exist."""
        directory = _directory_of(name)
        return self.disk.lstat(tree_path(directory)) is not None and self.disk.lstat(manifest_path(directory)) is not None

    def read_manifest(self, name: TreeName | str) -> Tree | None:
        """Return a tree's manifest, or ``None`` when it is missing."""
        try:
            return Tree.parse(bytes(self.disk.read(manifest_path(_directory_of(name)))))
        except FileNotFoundError:
            return None

    def find(self, artifact: Digest) -> TreeName | None:
        """Return the tree that the artifact of this digest became, if it (still) exists."""
        name = read_record(self.disk, artifact_path(artifact))
        return name if name is not None and self.has(name) else None

    def find_dropped_bits(self, artifact: Digest) -> tuple[str, ...]:
        """Return the paths that lost a set-user-id, set-group-id or sticky bit when this artifact was unpacked."""
        return read_dropped_bits(self.disk, artifact_path(artifact))

    def list_directories(self) -> tuple[str, ...]:
        """Return the directories of all trees, sorted."""
        return tuple(sorted(name for name, kind in self.disk.list_entries(STORE) if kind == "directory" and not name.startswith(".")))

    @contextmanager
    def open_batch(self, workers: int | None = None) -> Iterator["TreeBatch"]:
        """Write many trees that become visible together by ``TreeBatch.commit``; what is not committed is removed.

        ``workers`` is the number of unpacking threads. The default is one more than there are processors (of which it counts at most
        8), so that no processor is idle while a thread waits for its turn.
        """
        from nipsys.store.ingest import TreeBatch  # noqa: PLC0415 - not needed for reading

        hands = workers or min(len(os.sched_getaffinity(0)), 8) + 1
        batch = TreeBatch(self.disk, self.layout.root, self.report, self.limits, hands)
        try:
            yield batch
        finally:
            batch.close()

    def discard(self, directories: Iterable[str]) -> None:
        """Remove trees, for example those an operation added before it failed; the caller holds the lock and knows they are unused."""
        gone = tuple(directories)
        for directory in gone:
            remove_tree(self.disk, manifest_path(directory))
        if gone:  # after a power cut, a half-removed tree must not look complete
            self.disk.sync_directory(MANIFESTS)
        for directory in gone:
            remove_tree(self.disk, tree_path(directory))

    def remove_debris(self) -> int:
        """Remove what a killed process left behind; the caller holds the lock. Return the number of entries removed."""
        cleared = 0
        for place in (STORE, MANIFESTS, ARTIFACTS):
            for name, _ in self.disk.list_entries(place):
                if name.startswith(NEW_PREFIX):
                    remove_tree(self.disk, f"{place}/{name}")
                    cleared += 1
        return cleared


def _directory_of(name: TreeName | str) -> str:
    return name if isinstance(name, str) else name.directory
