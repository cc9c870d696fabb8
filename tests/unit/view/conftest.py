"""A world small enough to read: a static busybox, a few texts, and whatever a test adds."""

import os
import pathlib
import subprocess
import sys

import pytest
from toy_views import Content, Keep, member

from nipsys.effects.host.namespaces import probe
from nipsys.store.trees import Store
from nipsys.view.model import PackageInput

BUSYBOX = "/bin/busybox"


@pytest.fixture
def store(tmp_path: pathlib.Path) -> Store:
    (tmp_path / "root").mkdir()
    return Store(str(tmp_path / "root"))


@pytest.fixture
def keep(store: Store) -> Keep:
    """Put a package into the store."""

    def put(name: str, content: dict[str, Content], **more: object) -> PackageInput:
        pure = member(name, content, **more)
        raw = {path: data if isinstance(data, bytes) else data.encode() for path, data in content.items()}
        with store.open_batch(workers=1) as batch:
            batch.put_tree(pure.tree, lambda entry: (raw[entry.path],), name, "1")
            ((kept, _),) = batch.commit()
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
    """Return the words before a command that close namespaces for it, as an administrator would."""
    words = [sys.executable, str(pathlib.Path(__file__).parents[2] / "support/closed.py")]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespace to close namespaces in: this host has them closed already")
    return words
