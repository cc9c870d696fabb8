"""`run` and `shell`, with and without `--contain`: what a program of a passing package sees of the home directory and the network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from machine import Archive, Machine, Ran, write_profile

from nipsys.effects.host.namespaces import probe

SHOW = "cat ~/secret; cat /proc/net/dev"


@pytest.fixture
def ready(machine: Machine, archive: Archive) -> Machine:
    if not (found := probe()).open:
        pytest.skip(f"namespaces are closed here: {found.step}: {found.reason}")
    write_profile(machine.home / "p.kdl", archive, "greet")
    (machine.home / "secret").write_text("my secret\n")
    return machine


def nipsys(machine: Machine, *words: str) -> Ran:
    command = [sys.executable, "-m", "nipsys", "--root", str(machine.root), *words]
    env = {**machine.environ(), "NIPSYS_PROFILE": str(machine.home / "p.kdl"), "SHELL": "/bin/sh"}
    ran = subprocess.run(command, env=env, cwd=machine.home, capture_output=True, text=True, check=False, timeout=300)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def interfaces(text: str) -> set[str]:
    return {line.partition(":")[0].strip() for line in text.splitlines() if ":" in line}


def test_a_shell_has_the_packages_at_hand_and_leaves_no_generation(ready: Machine) -> None:
    said = nipsys(ready, "shell", "greet", "-c", "greet; cat ~/secret; exit 7")
    assert (said.code, said.out) == (7, "hello 1.0 from greet\nmy secret\n")
    assert not list((ready.root / "generations").glob("[0-9]*"))


def test_run_brings_a_program_in_for_once(ready: Machine) -> None:
    assert nipsys(ready, "run", "--package", "greet", "greet").out == "hello 1.0 from greet\n"
    assert nipsys(ready, "run", "greet", "--", "to", "you").out == "hello 1.0 from greet to you\n".replace(" to you", "")


@pytest.mark.parametrize(
    "words", [("shell", "greet", "--contain", "-c", SHOW), ("run", "--contain", "--package", "base", "sh", "--", "-c", SHOW)]
)
def test_contained_programs_see_neither_home_nor_network(ready: Machine, words: tuple[str, ...]) -> None:
    said = nipsys(ready, *words)
    assert "my secret" not in said.out
    assert "No such file" in said.err
    assert interfaces(said.out) == {"lo"}
    open_words = [word for word in words if word != "--contain"]
    plain = nipsys(ready, *open_words).out
    assert "my secret" in plain
    assert interfaces(plain) == interfaces(Path("/proc/net/dev").read_text())


def test_no_way_round_through_other_processes(ready: Machine) -> None:
    """/proc leads into the root of every process of the same user, unless something forbids it."""
    way = f"/proc/{os.getpid()}/root{ready.home}/secret"
    assert Path(way).read_text() == "my secret\n"
    said = nipsys(ready, "run", "--contain", "--package", "base", "sh", "--", "-c", f"cat {way}; cat /proc/self/root/etc/nsswitch.conf")
    assert "my secret" not in said.out
    assert "hosts: files dns" in said.out, "its own process is its own"
