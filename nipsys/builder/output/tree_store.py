"""Keep built trees: the interface that a build uses, and the store behind it."""

import os
import shutil
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from nipsys.builder.output.capture import normalize_tree
from nipsys.effects import hold_lock
from nipsys.model import Reporter
from nipsys.model.system import Tree, TreeName
from nipsys.store import Store


class TreeStore(Protocol):
    """What a build needs of the store."""

    def add(self, folder: str, tree: Tree, name: str, version: str) -> TreeName:
        """Move a normalized directory into the store; the caller must not use it afterwards."""

    def path(self, name: TreeName) -> str:
        """Return the directory of a tree."""

    def has(self, name: TreeName) -> bool:
        """Return whether the tree exists."""


class LockedTreeStore:
    """Trees in the root's store; each is added while holding the root's lock."""

    def __init__(self, store: Store, report: Reporter, *, held: bool = False) -> None:
        """Keep trees in ``store``; ``held`` says that the caller already holds the root's lock."""
        self.store = store
        self.report = report
        self.held = held

    def _lock(self, name: str) -> AbstractContextManager[None]:
        return nullcontext() if self.held else hold_lock(self.store.layout.lock_file, command=f"build {name}", report=self.report)

    def add(self, folder: str, tree: Tree, name: str, version: str) -> TreeName:
        """Move ``folder`` into the store and adopt it, unless the tree exists already."""
        named = TreeName(tree.digest(), name, version)
        if self.store.has(named):
            return named
        with self._lock(name), self.store.open_batch(workers=1) as batch:
            directory = batch.make_directory()
            os.rmdir(directory)
            os.rename(folder, directory)
            batch.adopt(directory, name, version)
            ((kept, _),) = batch.commit()
        assert kept == named, (kept, named)
        return kept

    def path(self, name: TreeName) -> str:
        """Return the directory of a tree."""
        return self.store.path(name)

    def has(self, name: TreeName) -> bool:
        """Return whether the tree exists."""
        return self.store.has(name)

    def add_as(self, folder: str, named: TreeName) -> None:
        """Adopt a copy of ``folder`` under a key chosen before the build, for programs that contain their own path."""
        with self._lock(named.name), self.store.open_batch(workers=1) as batch:
            directory = batch.make_directory()
            shutil.rmtree(directory)
            shutil.copytree(folder, directory, symlinks=True)
            normalize_tree(directory)
            batch.adopt(directory, named.name, named.version, named.digest)
            batch.commit()
