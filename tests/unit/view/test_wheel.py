"""The wheel: it contains the launcher and the libraries for both architectures, and those of the other architecture work as well."""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

ROOT = pathlib.Path(__file__).parents[3]
READY = ("view/native/bin/launch-{}", "view/native/bin/shim-{}.so", "effects/native/bin/disk-{}.so")
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: a wheel made here carries nothing ready")
    copy = tmp_path_factory.mktemp("copy") / "checkout"
    copy.mkdir()
    for name in ("nipsys", "schemas", "recipes"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "bin"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    subprocess.run([sys.executable, "-c", BUILD, str(copy / "dist")], cwd=copy, check=True)
    (made,) = (copy / "dist").glob("*.whl")
    return made


def unpacked(wheel: pathlib.Path, where: pathlib.Path) -> pathlib.Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(where)
    return where / "nipsys"


def test_a_wheel_contains_what_its_architecture_needs_and_installs_there(wheel: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"nipsys/" + path.format(os.uname().machine) for path in READY} <= names
    assert parse_wheel_filename(wheel.name)[3] & set(sys_tags())


def test_a_wheel_contains_the_schemas_and_the_problem_codes(wheel: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    schemas = {f"nipsys/schemas/{path.relative_to(ROOT / 'schemas')}" for path in (ROOT / "schemas").rglob("*.json")}
    assert len(schemas) > 50
    assert schemas | {"nipsys/model/problems.toml"} <= names


def machine_of(path: pathlib.Path) -> int:
    return int.from_bytes(path.read_bytes()[18:20], "little")


def test_a_wheel_contains_the_same_for_the_other_architecture(wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for machine, number in (("x86_64", 62), ("aarch64", 183)):
        if machine != os.uname().machine and shutil.which(f"{machine}-linux-gnu-gcc") is None:
            pytest.skip(f"no compiler for {machine}: `gcc-{machine.replace('_', '-')}-linux-gnu` is missing")
        package = unpacked(wheel, tmp_path / machine)
        for path in READY:
            assert machine_of(package / path.format(machine)) == number
        assert f"linux_{machine}" in wheel.name


def test_the_launcher_of_the_other_architecture_passes_the_same_tests(wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Every test of the launcher, with that of aarch64 under qemu."""
    foreign = [sys.executable, str(ROOT / "tests/support/foreign.py")]
    launcher = unpacked(wheel, tmp_path) / "view/native/bin/launch-aarch64"
    if not launcher.exists():
        pytest.skip("no compiler for aarch64: `gcc-aarch64-linux-gnu` is missing")
    if (refused := subprocess.run([*foreign, "true"], capture_output=True, text=True, check=False)).returncode:
        pytest.skip(f"programs of aarch64 cannot run here: {refused.stderr.strip()}")
    launcher.chmod(0o755)
    command = [
        *foreign,
        sys.executable,
        "-m",
        "pytest",
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "-q",
        "--basetemp",
        tmp_path / "t",
    ]
    env = dict(os.environ, NIPSYS_TEST_LAUNCHER=str(launcher))
    env.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        [*command, "tests/unit/view/launcher/test_launcher.py"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout, done.stdout[-3000:]
