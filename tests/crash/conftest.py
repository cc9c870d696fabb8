"""The theatre of the real crash matrix, set up once."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from debian_maker import Signer, need_tools

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scenes import Theatre, theatre


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    need_tools()
    for tool in ("strace", "gpgv"):
        if shutil.which(tool) is None:
            pytest.skip(f"missing: {tool}")
    made = Signer(tmp_path_factory.mktemp("keys"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def stage(signer: Signer) -> Iterator[Theatre]:
    """Return a theatre in memory: a kill takes nothing from the page cache, so the disk has no part in it (the power cuts have theirs)."""
    home = Path(tempfile.mkdtemp(prefix="nipsys-crash-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        with theatre(home, signer) as made:
            yield made
    finally:
        shutil.rmtree(home)
