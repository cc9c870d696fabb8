"""How pytest finds and distributes tests: it passes over folders of some names, such as ``build``, and says nothing."""

import fnmatch
import os
import pathlib
import subprocess
import sys
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


GROUP = """import os
import pathlib
import subprocess
import sys
import pytest

pytestmark = pytest.mark.xdist_group("group")


@pytest.mark.parametrize("number", range(8))
def test_one(number):
    pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).touch()
"""


def test_the_tests_of_a_group_run_in_one_worker(tmp_path: pathlib.Path) -> None:
    """What they share is made once; some releases of pytest and pytest-xdist do not go together in this."""
    (tmp_path / "test_group.py").write_text(GROUP)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadgroup", str(tmp_path)]
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert len(list(tmp_path.glob("gw*"))) == 1


def test_every_room_has_unit_tests() -> None:
    rooms = {path.parent.name for path in (TESTS.parent / "nipsys").glob("*/__init__.py")}
    tested = {path.relative_to(TESTS / "unit").parts[0] for path in (TESTS / "unit").rglob("test_*.py")}
    assert sorted(rooms - tested) == []
