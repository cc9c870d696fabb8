"""Ways out of the sandbox: none works, for builds of a user and of root, and each part of the sandbox is missed when it is taken out."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parents[2]
AS_ROOT = pytest.param("root", marks=pytest.mark.root)

MUTANTS: dict[str, tuple[str, str, str, frozenset[str]]] = {
    "calls are not refused": ("worker", "if not refuse_calls():", "if False:", frozenset({"call add_key"})),
    "processes are shared": ("worker", '("pid", "net", "ipc", "uts")', '("net", "ipc", "uts")', frozenset({"other processes"})),
    "the network is shared": ("worker", '("pid", "net", "ipc", "uts")', '("pid", "ipc", "uts")', frozenset({"an abstract socket"})),
    "/proc is open": ("worker", '    _protect_proc(f"{root}/proc")\n', "", frozenset({"kernel symbols"})),
    "limits are not set": ("worker", "        _set_limits(job)\n", "", frozenset({"new privileges"})),
}
"""By what is missing: the module, the text that is replaced, by what, and an attempt that must succeed then."""


ONLY_ROOT = frozenset({"processes are shared"})
"""Without a pid namespace an ordinary user cannot mount /proc either, and sees no process."""


def make_attempts(package: Path, folder: Path, *names: str) -> dict[str, Any]:
    """Run ``escapes.py`` with the nipsys below ``package``; a socket of the host listens meanwhile."""
    folder.mkdir(mode=0o700)
    name = f"nipsys-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(f"\0{name}")
        listener.listen()
        run = subprocess.run(
            [sys.executable, HERE / "tests/support/escapes.py", folder, name, *names],
            env={**os.environ, "PYTHONPATH": str(package)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def take_only(user: str) -> None:
    if (user == "root") != (os.geteuid() == 0):
        pytest.skip(f"runs in the pass of {'root' if user == 'root' else 'an ordinary user'}")


@pytest.mark.parametrize("user", ["ordinary", AS_ROOT])
@pytest.mark.usefixtures("open_namespaces", "static_busybox")
def test_no_way_out(tmp_path: Path, user: str) -> None:
    take_only(user)
    before = {name: os.lstat(f"/dev/{name}")[:6] for name in os.listdir("/dev") if not name.startswith("pts")}
    settings = {name: Path(f"/proc/sys/kernel/{name}").read_bytes() for name in ("core_pattern", "hostname", "pid_max")}
    with subprocess.Popen(["sleep", "600"]) as witness:
        try:
            found = make_attempts(HERE, tmp_path / "try")
            assert witness.poll() is None, "a process of the host was ended"
        finally:
            witness.kill()
    assert found["tried"] >= 40
    assert found["escaped"] == [], {name: found["said"][name] for name in found["escaped"]}
    assert {name: os.lstat(f"/dev/{name}")[:6] for name in before} == before
    assert {name: Path(f"/proc/sys/kernel/{name}").read_bytes() for name in settings} == settings


@pytest.mark.parametrize("mutant", [pytest.param(name, marks=pytest.mark.root) if name in ONLY_ROOT else name for name in MUTANTS])
@pytest.mark.usefixtures("open_namespaces", "static_busybox")
def test_a_missing_part_is_noticed(tmp_path: Path, mutant: str) -> None:
    module, text, other, escapes = MUTANTS[mutant]
    assert set(make_attempts(mutate(tmp_path, module, text, other), tmp_path / "try", *escapes)["escaped"]) == escapes


@pytest.mark.root
@pytest.mark.usefixtures("open_namespaces", "static_busybox")
def test_a_build_that_stays_root_is_noticed(tmp_path: Path) -> None:
    """Only the kept identity is taken out: devices and settings stay read-only, so the host is in no danger from the attempts."""
    package = mutate(tmp_path, "job", "    if euid != 0:\n        return 0\n", "    return 0\n")
    assert make_attempts(package, tmp_path / "try", "the host's root as own id")["escaped"] == ["the host's root as own id"]


def mutate(tmp_path: Path, module: str, text: str, other: str) -> Path:
    """Return a directory with a copy of nipsys in which ``text`` of a module of the sandbox is replaced by ``other``."""
    shutil.copytree(HERE / "nipsys", tmp_path / "mutant/nipsys", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / f"mutant/nipsys/builder/sandbox/{module}.py"
    source = path.read_text()
    assert source.count(text) == 1, f"the mutant's text is no longer in {module}"
    path.write_text(source.replace(text, other))
    return tmp_path / "mutant"


@pytest.mark.root
def test_what_root_built_belongs_to_root_without_setuid(bench: Any) -> None:
    record = bench.shell("/src/busybox cp /src/busybox {out}/tool; /src/busybox chmod 6755 {out}/tool")
    status = os.lstat(bench.path(record) / "tool")
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o555)
