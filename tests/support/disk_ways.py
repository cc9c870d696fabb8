"""The disks, for tests that hold for all of them, and the two ways of the real one: the compiled library, made here, and Python."""

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nipsys.effects.disk import Disk, FaultPlan, FaultyDisk, RealDisk, SimulatedDisk, load_library

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def disk_library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Compile the library with the flags of the build; give its path."""
    if shutil.which("gcc") is None:
        pytest.skip("needs a C compiler (apt: gcc)")
    spec = importlib.util.spec_from_file_location("hatch_build", REPOSITORY / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    target = str(tmp_path_factory.mktemp("library") / "disk.so")
    subprocess.run(["gcc", *hook.DISK_FLAGS, "-o", target, str(REPOSITORY / "nipsys/effects/native/disk.c")], check=True)
    return target


def choose(way: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every real disk from now on work this way; the environment carries the choice to processes that the test starts."""
    monkeypatch.setenv("NIPSYS_NATIVE", library if way == "compiled" else "off")
    load_library.cache_clear()
    assert (load_library() is not None) == (way == "compiled")


@pytest.fixture(params=["compiled", "plain"])
def way(request: pytest.FixtureRequest, disk_library: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let every real disk of the test work in one way, then in the other."""
    choose(request.param, disk_library, monkeypatch)
    yield request.param
    load_library.cache_clear()


@pytest.fixture(params=["real compiled", "real plain", "faulty compiled", "faulty plain", "simulated"])
def make(
    request: pytest.FixtureRequest, tmp_path: Path, disk_library: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Disk]]:
    """Make empty disks of one implementation, then of the next."""
    kind, _, chosen = request.param.partition(" ")
    if chosen:
        choose(chosen, disk_library, monkeypatch)

    def disk() -> Disk:
        if kind == "simulated":
            return SimulatedDisk()
        real = RealDisk(tempfile.mkdtemp(dir=tmp_path))
        return FaultyDisk(real, FaultPlan()) if kind == "faulty" else real

    yield disk
    load_library.cache_clear()
