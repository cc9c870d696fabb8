"""A server on loopback for the tests of fetching."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SUPPORT = str(Path(__file__).parents[2] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from loopback import Server  # noqa: E402


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Serve an empty directory."""
    root = tmp_path / "served"
    root.mkdir()
    with Server(root) as running:
        yield running
