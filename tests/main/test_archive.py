"""The example profiles on the real archive: applied, used on this host and on one with nothing, and the same bit for bit as committed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from machine import Machine

HERE = Path(__file__).resolve().parents[2]
import bare  # noqa: E402
from programs import FIRST, MORE, Program  # noqa: E402

PROFILES = ("starter.kdl", "workstation.kdl", "server.toml")
pytestmark = [pytest.mark.network, pytest.mark.xdist_group("archive")]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory that every root of this module downloads into."""
    kept = os.environ.get("NIPSYS_TEST_CACHE")
    return Path(kept) if kept else tmp_path_factory.mktemp("cache")


def make_machine(place: Path, cache: Path) -> Machine:
    home = place / "home"
    (place / "root").mkdir(parents=True)
    home.mkdir()
    (place / "root/cache").symlink_to(cache)
    return Machine(home, place / "root")


def apply(machine: Machine, profile: Path) -> None:
    """Apply a committed lock; skip only when the archive has really dropped a file of it: then a lock made now must apply."""
    ran = machine("apply", profile, "--locked", code=None)
    if ran.code and "it does not exist" in ran.err:
        profile.with_suffix(".lock.kdl").unlink()
        machine("apply", profile)
        pytest.skip(f"the archive has dropped a file of {profile.name}'s lock: {ran.err.splitlines()[-3:]}")
    assert ran.code == 0, ran.err


def work(machine: Machine, program: Program, place: Path, on_bare_host: bool) -> None:
    """Let one program do real work."""
    place.mkdir()
    (place / "script").write_text(program.script)
    view = next((machine.root / "current/views").iterdir())
    launch = machine.root / "state/bin/launch"
    environment = {"HOME": str(place), "LANG": "C.UTF-8", "TERM": "dumb", "VIEW": str(view.resolve()), "LAUNCH": str(launch.resolve())}
    executables = machine.root / "System/Links/Executables"
    if on_bare_host:
        shell = ["/bin/bash", "-eu", f"{place}/script"]
        command = [sys.executable, str(HERE / "tests/grafts/bare.py"), "--bind", str(machine.root), str(place), *shell]
        environment["PATH"] = f"{executables}:/bin"
    else:
        tools = place.parent / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "run-in-view").write_text(bare.RUN_IN_VIEW)
        (tools / "run-in-view").chmod(0o755)
        command = ["/bin/bash", "-eu", f"{place}/script"]
        environment["PATH"] = f"{executables}:{tools}:/usr/bin:/bin"
    ran = subprocess.Popen(
        command,
        env=environment,
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, errors = ran.communicate(timeout=300)
    finally:
        with contextlib.suppress(ProcessLookupError):  # daemons of a script that failed; the session is this test's own
            os.killpg(ran.pid, signal.SIGKILL)
    assert ran.returncode == 0, f"{program.name}: {out[-500:]}{errors[-1500:]}"


@pytest.fixture(scope="module")
def workstation(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Machine:
    place = tmp_path_factory.mktemp("workstation")
    machine = make_machine(place, cache)
    shutil.copytree(HERE / "profiles", place / "profiles")
    apply(machine, place / "profiles/workstation.kdl")
    return machine


AT_WORK = (
    "vim", "git", "tmux", "curl", "nginx-light", "sqlite3", "python3", "perl", "ripgrep", "imagemagick", "gcc", "php-cli", "gnupg",
)  # fmt: skip


@pytest.mark.parametrize("on_bare_host", [False, True], ids=["this-host", "bare-host"])
@pytest.mark.parametrize("name", AT_WORK)
def test_programs_do_real_work(workstation: Machine, tmp_path: Path, name: str, on_bare_host: bool) -> None:
    if on_bare_host and bare.missing():
        pytest.skip(f"missing: {bare.missing()} (install busybox-static and bash-static)")
    work(workstation, next(program for program in (*FIRST, *MORE) if program.name == name), tmp_path / "work", on_bare_host)


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_reproduce_their_golden_manifests(name: str, tmp_path: Path, cache: Path) -> None:
    machine = make_machine(tmp_path / ("far/" * 12), cache)
    shutil.copytree(HERE / "profiles", tmp_path / "profiles")
    apply(machine, tmp_path / "profiles" / name)
    golden = json.loads((HERE / "generations" / f"{name.partition('.')[0]}.json").read_text())
    manifest = json.loads((machine.root / "current/manifest.json").read_text())
    assert manifest == golden["system"]
    assert machine.current() == (1, golden["digest"])


def test_the_committed_locks_fit_their_profiles() -> None:
    for name in PROFILES:
        ran = subprocess.run(
            [sys.executable, "-m", "nipsys", "check", HERE / "profiles" / name], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_whole_main_index_is_read(workstation: Machine, tmp_path: Path, cache: Path) -> None:
    """Sync bookworm, with the pockets this host knows, into one mapped universe."""
    machine = make_machine(tmp_path / "m", tmp_path / "own-cache")
    (tmp_path / "own-cache").mkdir()
    profile = tmp_path / "p.kdl"
    profile.write_text('profile "p"\nsource "debian" suite="bookworm"\npackages { jq; }\n')
    ran = machine("lock", profile)
    (told,) = [line for line in ran.err.splitlines() if line.startswith("index: debian: ")]
    assert int(told.split()[2]) > 63_000
