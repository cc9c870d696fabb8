"""Repositories of three ecosystems, made once a run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import pacman_maker


@pytest.fixture(scope="session")
def arch(tmp_path_factory: pytest.TempPathFactory) -> pacman_maker.Repository:
    """Give a repository made by makepkg and repo-add."""
    return pacman_maker.make(tmp_path_factory.mktemp("arch") / "shop")
