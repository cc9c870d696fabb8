"""Repositories of three ecosystems, made once a run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import alpine_maker
import nix_maker
import pacman_maker


@pytest.fixture(scope="session")
def arch(tmp_path_factory: pytest.TempPathFactory) -> pacman_maker.Repository:
    """Return a repository made by makepkg and repo-add."""
    return pacman_maker.once(tmp_path_factory.mktemp("arch") / "shop")


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> nix_maker.Caches:
    """Return binary caches made by nix."""
    return nix_maker.once(tmp_path_factory.mktemp("nix") / "shop")


@pytest.fixture(scope="session")
def alpine(tmp_path_factory: pytest.TempPathFactory) -> alpine_maker.Repository:
    """Return an Alpine repository written by the format's description."""
    return alpine_maker.once(tmp_path_factory.mktemp("alpine"))
