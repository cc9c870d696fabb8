"""A server on loopback for the tests of fetching."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Serve an empty directory."""
    root = tmp_path / "served"
    root.mkdir()
    with Server(root) as running:
        yield running
