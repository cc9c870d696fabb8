"""What the benchmarks measure is the child's own, and a missing tool is named instead of ending them."""

import os
import pathlib
import subprocess
import sys

import pytest

BENCHMARKS = pathlib.Path(__file__).resolve().parents[2] / "benchmarks"

LARGE_PARENT = """
import sys
sys.path.insert(0, sys.argv[1])
from measure import measure
ballast = bytearray(200 << 20)
small = [sys.executable, "-I", "-S", "-c", "pass"]
large = [sys.executable, "-I", "-S", "-c", "bytearray(b'x') * (120 << 20)"]
print(int(measure(small).memory), int(measure(large).memory))
"""


def test_memory_is_the_childs_own_and_not_that_of_a_large_parent() -> None:
    ran = subprocess.run([sys.executable, "-I", "-c", LARGE_PARENT, str(BENCHMARKS)], capture_output=True, text=True, check=True)
    small, large = map(int, ran.stdout.split())
    assert small < 60
    assert 120 <= large < 180


def in_measure(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    text = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\nfrom measure import *\n{program}"
    env = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, env=env)


def test_a_failing_command_says_why() -> None:
    ran = in_measure("measure(['sh', '-c', 'echo sorry >&2; exit 3'])")
    assert "failed (3): sorry" in ran.stderr
    assert "Cost(" in in_measure("print(measure(['sh', '-c', 'exit 3'], check=False))").stdout


def test_a_command_that_is_missing_fails() -> None:
    assert "failed (127)" in in_measure("measure(['/nowhere/at/all'])").stderr


def test_the_benchmark_of_starts_compares_two_programs() -> None:
    nipsys = str(pathlib.Path(sys.prefix) / "bin/nipsys")
    command = [sys.executable, str(BENCHMARKS / "start/run.py"), nipsys, nipsys, "--rounds", "2"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode in {0, 1}, ran.stderr  # how long it takes is not for a test to say
    _, *rows = [line.split() for line in ran.stdout.splitlines()]
    assert [row[0] for row in rows] == ["status", "rollback", "lock", "list", "search"]
    assert all(float(row[1]) > 0 for row in rows)
    assert [row[2] for row in rows[:2]] == ["2.6", "4.0"]


SCRIPTS = ("main/bench.py", "resolve/run.py", "store/run.py", "run/bench.py", "fetch/parallel.py")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_names_the_tools_it_misses_and_ends_well(script: str) -> None:
    """Every tool is missing, and none is a reason to fail."""
    words = ["bench", "/no/nipsys"][: 2 if script == "main/bench.py" else 1]
    program = (
        "import os, runpy, shutil, sys\n"
        "os.geteuid = lambda: 0\n"
        "shutil.which = lambda *_, **__: None\n"
        f"sys.argv = {words!r}; sys.path.insert(0, {str((BENCHMARKS / script).parent)!r})\n"
        f"runpy.run_path({str(BENCHMARKS / script)!r}, run_name='__main__')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env={**os.environ, "PATH": ""})
    assert ran.returncode == 0, ran.stderr
    named = [line for line in ran.stderr.splitlines() if line.startswith("missing: `")]
    assert named
    assert all("(install " in line and line.endswith("is left out") for line in named)
