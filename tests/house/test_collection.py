"""Every file of tests is found by ``pytest``: it passes over folders of some names, such as ``build``, and says nothing."""

import fnmatch
import pathlib
from collections.abc import Iterable

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]


def find_uncollected(paths: Iterable[pathlib.PurePath], ignored: Iterable[str]) -> list[str]:
    """Return the paths that have a folder which matches one of pytest's ``norecursedirs``."""
    return [str(path) for path in paths if any(fnmatch.fnmatch(part, pattern) for part in path.parts[:-1] for pattern in ignored)]


def test_every_test_is_collected(pytestconfig: pytest.Config) -> None:
    paths = [path.relative_to(TESTS) for path in TESTS.rglob("test_*.py")]
    assert len(paths) > 100
    assert find_uncollected(paths, pytestconfig.getini("norecursedirs")) == []


def test_a_folder_that_pytest_passes_over_is_found(pytestconfig: pytest.Config) -> None:
    paths = [pathlib.PurePath("unit/build/test_x.py"), pathlib.PurePath("unit/builder/test_build.py")]
    assert find_uncollected(paths, pytestconfig.getini("norecursedirs")) == ["unit/build/test_x.py"]
