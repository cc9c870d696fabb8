"""Where built trees are kept: the port to the store, and a plain directory that behaves like it."""

import os
import shutil
from typing import Protocol

from nipsys.build.capture import capture
from nipsys.model.tree import Tree, TreeName


class Trees(Protocol):
    """What a build needs of the store."""

    def keep(self, folder: str, tree: Tree, name: str, version: str) -> TreeName:
        """Take over a normalised directory; the caller does not use it any more."""

    def path(self, name: TreeName) -> str:
        """Give the directory of a tree."""

    def has(self, name: TreeName) -> bool:
        """Tell whether the tree is there."""


class DirectoryTrees:
    """Trees as plain directories, for builds without a store."""

    def __init__(self, store: str) -> None:
        """Keep them below ``store``."""
        self.store = store

    def keep(self, folder: str, tree: Tree, name: str, version: str) -> TreeName:
        """Move ``folder`` into place unless the tree is there already."""
        named = TreeName(tree.digest(), name, version)
        os.makedirs(self.store, exist_ok=True)
        if os.path.isdir(self.path(named)):
            shutil.rmtree(folder)
        else:
            os.rename(folder, self.path(named))
        return named

    def path(self, name: TreeName) -> str:
        """Give the directory of a tree."""
        return f"{self.store}/{name.directory}"

    def has(self, name: TreeName) -> bool:
        """Tell whether the tree is there."""
        return os.path.isdir(self.path(name))

    def tree(self, name: TreeName) -> Tree:
        """Read a tree's manifest anew from its files."""
        return capture(self.path(name))
