"""Every ``case_<kind>.py`` of this folder becomes a case of the conformance suite."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "support"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from conformance import Bench, Case  # noqa: E402

_MADE: dict[str, Case] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        names = sorted(path.stem for path in HERE.glob("case_*.py"))
        metafunc.parametrize("case", names, indirect=True, ids=[name.removeprefix("case_") for name in names], scope="session")


@pytest.fixture(scope="session")
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return a kind's case; its mirror is made once a run."""
    name: str = request.param
    if name not in _MADE:
        spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _MADE[name] = module.make(tmp_path_factory.mktemp(name))
    return _MADE[name]


@pytest.fixture
def bench(case: Case, tmp_path: Path) -> Bench:
    """Return the case served from a web in memory."""
    return Bench(case, str(tmp_path / "indexes"))
