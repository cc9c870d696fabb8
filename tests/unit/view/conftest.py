"""A world small enough to read: a static busybox, a few texts, and whatever a test adds."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest

from nipsys.effects.host.namespaces import probe
from nipsys.model.digest import blake3_of
from nipsys.model.system.tree import Directory, File, Link, Tree
from nipsys.store.trees import Store
from nipsys.view.model import PackageInput, WorldInput

BUSYBOX = "/bin/busybox"

Content = bytes | str
"""Bytes of a program (executable), text of a plain file; a text that begins with ``->`` is a link."""


def tree_of(content: dict[str, Content]) -> Tree:
    entries: list[File | Link | Directory] = [Directory(path) for path in sorted({parent for path in content for parent in parents(path)})]
    for path, data in content.items():
        if isinstance(data, str) and data.startswith("->"):
            entries.append(Link(path, data[2:]))
        else:
            raw = data if isinstance(data, bytes) else data.encode()
            entries.append(File(path, blake3_of(raw).partition(":")[2], len(raw), isinstance(data, bytes), 1_000_000_000))
    return Tree.from_entries(entries)


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def member(name: str, content: dict[str, Content], **more: object) -> PackageInput:
    """Give a package that is nowhere: enough for everything pure."""
    tree = tree_of(content)
    texts = {path: data for path, data in content.items() if isinstance(data, str)}
    return PackageInput(f"debian/{name}", name, "1", tree.digest(), f"tree-{name}-1", tree, texts=texts, **more)  # type: ignore[arg-type]


def world(*members: PackageInput, **more: object) -> WorldInput:
    return WorldInput("debian", "x86_64", members, **more)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: pathlib.Path) -> Store:
    (tmp_path / "root").mkdir()
    return Store(str(tmp_path / "root"))


Keep = Callable[..., PackageInput]


@pytest.fixture
def keep(store: Store) -> Keep:
    """Put a package into the store."""

    def put(name: str, content: dict[str, Content], **more: object) -> PackageInput:
        pure = member(name, content, **more)
        raw = {path: data if isinstance(data, bytes) else data.encode() for path, data in content.items()}
        with store.open_batch(workers=1) as batch:
            batch.put_tree(pure.tree, lambda entry: (raw[entry.path],), name, "1")
            (kept,) = batch.commit()
        return PackageInput(pure.id, name, "1", pure.digest, kept.directory, pure.tree, texts=pure.texts, **more)  # type: ignore[arg-type]

    return put


@pytest.fixture
def busybox() -> bytes:
    if not os.access(BUSYBOX, os.X_OK):
        pytest.skip("busybox-static is missing: the tests of the launcher need a static program")
    return pathlib.Path(BUSYBOX).read_bytes()


@pytest.fixture
def namespaces() -> None:
    if not (found := probe()).open:
        pytest.skip(f"namespaces are closed here: {found.step}: {found.reason}")


@pytest.fixture
def closed() -> list[str]:
    """Give the words before a command that close namespaces for it, as an administrator would."""
    words = [sys.executable, str(pathlib.Path(__file__).parents[2] / "support/closed.py")]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespace to close namespaces in: this host has them closed already")
    return words
