"""A small signed archive on loopback, and a user's machine without anything on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from debian_maker import Repository, Signer, need_tools
from loopback import Server
from machine import BUSYBOX, Archive, Machine, greet, hello, write_profile


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    need_tools()
    if not BUSYBOX.exists():
        pytest.skip("missing: /bin/busybox (install busybox-static)")
    made = Signer(tmp_path_factory.mktemp("keys"))
    yield made
    made.close()


@pytest.fixture
def archive(tmp_path: Path, signer: Signer) -> Iterator[Archive]:
    root = tmp_path / "mirror"
    root.mkdir()
    with Server(root) as server:
        made = Archive(Repository(root, signer), server)
        made.publish(hello("1.0"), greet())
        yield made


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    home = tmp_path / "home"
    home.mkdir()
    return Machine(home, tmp_path / "root")


@pytest.fixture
def profile(machine: Machine, archive: Archive) -> Path:
    """Ask for ``greet``, and so for ``hello``."""
    return write_profile(machine.home / "p.kdl", archive, "greet")
