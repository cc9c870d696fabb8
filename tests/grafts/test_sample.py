"""Fifteen of the programs, by view and with namespaces closed. The whole list: ``make grafts``."""

import os
import pathlib
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from nipsys.effects.host.binfmt import probe_emulation
from nipsys.effects.host.namespaces import probe

HERE = pathlib.Path(__file__).resolve().parent


def load(name: str) -> object:
    spec = spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


bare, programs, prove = load("bare"), load("programs"), load("prove")
BY_NAME = {one.name: one for one in programs.FIRST}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    if lacking := bare.missing():  # type: ignore[attr-defined]
        pytest.skip(f"no bare host without {lacking}: busybox-static, bash-static")
    if not (found := probe()).open:
        pytest.skip(f"a bare host needs namespaces: {found.step}: {found.reason}")
    return tmp_path_factory.mktemp("grafts")


@pytest.mark.network
@pytest.mark.xdist_group("grafts")
@pytest.mark.parametrize("name", programs.SAMPLE)  # type: ignore[attr-defined]
@pytest.mark.parametrize("way", ["view", "closed"])
def test_it_works_on_a_host_with_nothing(name: str, way: str, base: pathlib.Path) -> None:
    program, closed = BY_NAME[name], way == "closed"
    installed, said = prove.install(program, base, closed=closed)  # type: ignore[attr-defined]
    assert installed, said
    done = prove.perform(program, base, closed=closed)  # type: ignore[attr-defined]
    assert done.returncode == 0, done.stdout


@pytest.mark.network
@pytest.mark.xdist_group("grafts")
def test_a_shell_and_a_contained_program_without_a_generation(base: pathlib.Path) -> None:
    profile = base / "jq.kdl"
    profile.write_text('profile "jq" arch="x86_64"\nsource "debian" suite="trixie"\npackages {\n    jq\n}\n')
    env = dict(os.environ, NIPSYS_ROOT=str(base / "root"), NIPSYS_PROFILE=str(profile), HOME=str(base), SHELL="/bin/sh")

    def said(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "nipsys", *words], env=env, capture_output=True, text=True, check=False, timeout=300)

    before = sorted(os.listdir(base / "root/generations")) if (base / "root/generations").exists() else []
    shell = said("shell", "jq", "sqlite3", "-c", "echo '[6,7]' | jq '.[0] * .[1]'; sqlite3 :memory: 'select 6*7'")
    assert shell.stdout.split() == ["42", "42"], shell.stderr
    assert said("run", "--package", "jq", "jq", "--version").stdout.startswith("jq-1")
    inside = said("run", "--contain", "--package", "jq", "jq", "-n", "input", str(profile))
    assert inside.returncode != 0
    assert "No such file" in inside.stderr
    missing = said("run", "--package", "jq", "no-such-program")
    assert missing.returncode == 1
    assert "`no-such-program`" in missing.stderr
    after = sorted(os.listdir(base / "root/generations")) if (base / "root/generations").exists() else []
    assert after == before


@pytest.mark.network
@pytest.mark.xdist_group("grafts")
def test_a_graft_runs_under_proot_where_all_else_is_closed(base: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """What proot is linked with is the host's, so this host is not bare; the view was made while namespaces were open, and has no twin."""
    if shutil.which("proot") is None:
        pytest.skip("proot is missing: the last resort cannot be tried")
    profile, root = base / "proot.kdl", tmp_path / "r"
    profile.write_text('profile "proot" arch="x86_64"\nsource "debian" suite="trixie"\npackages {\n    jq\n    sqlite3\n}\n')
    env = dict(os.environ, NIPSYS_ROOT=str(root))
    done = subprocess.run(
        [sys.executable, "-m", "nipsys", "apply", str(profile)], env=env, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    closed = [sys.executable, str(HERE.parent / "support/closed.py")]

    def said(name: str, *words: str) -> subprocess.CompletedProcess[str]:
        program = root / "System/Links/Executables" / name
        return subprocess.run([*closed, program, *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    (tmp_path / "file.json").write_text("[6, 7]")
    product = said("jq", ".[0] * .[1]", "file.json")
    assert (product.returncode, product.stdout) == (0, "42\n"), product.stderr
    assert "runs under proot" in product.stderr
    assert said("sqlite3", "t.db", "create table t(a); insert into t values(42); select a from t").stdout == "42\n"
    assert said("jq", "--no-such-option", ".").returncode == 2


@pytest.mark.network
@pytest.mark.xdist_group("grafts")
def test_programs_of_another_machine_run_and_start_themselves(base: pathlib.Path) -> None:
    if os.uname().machine != "x86_64" or shutil.which("qemu-aarch64-static") is None:
        pytest.skip("qemu-user-static is missing: arm64 programs cannot run")
    if not (found := probe_emulation("aarch64")).nested:
        pytest.skip(f"what arm64 programs start does not run here: {found.step}: {found.reason}")
    profile, root = base / "arm.kdl", base / "arm"
    profile.write_text('profile "arm" arch="aarch64"\nsource "debian" suite="trixie"\npackages {\n    jq\n    python3\n    sqlite3\n}\n')
    env = dict(os.environ, NIPSYS_ROOT=str(root))
    plan = subprocess.run(
        [sys.executable, "-m", "nipsys", "plan", str(profile)], env=env, capture_output=True, text=True, check=True, timeout=600
    )
    assert "binfmt_misc" in plan.stdout, "the plan says how the programs will run"
    done = subprocess.run(
        [sys.executable, "-m", "nipsys", "apply", str(profile)], env=env, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert "binfmt_misc" in done.stderr, "the plan says how the programs will run"
    programs_of = root / "System/Links/Executables"

    def said(name: str, *words: str) -> str:
        return subprocess.run([programs_of / name, *words], capture_output=True, text=True, check=True, timeout=300).stdout

    assert said("jq", "-n", "6*7") == "42\n"
    assert said("sqlite3", ":memory:", "select 6*7") == "42\n"
    itself = "import platform, ssl, subprocess, sys; print(platform.machine(), subprocess.check_output([sys.executable, '-c', 'print(6*7)']).decode().strip())"
    assert said("python3", "-c", itself) == "aarch64 42\n"
