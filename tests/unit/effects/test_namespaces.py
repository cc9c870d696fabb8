"""What the host allows, found out by trying: with namespaces as they are, and closed for the process that tries."""

import json
import pathlib
import subprocess
import sys

import pytest

from nipsys.effects.host.binfmt import probe_emulation
from nipsys.effects.host.namespaces import probe, run_in_child

SUPPORT = pathlib.Path(__file__).parents[2] / "support"
ASK = "import json; from nipsys.effects.host.namespaces import probe; print(json.dumps([probe().open, probe().step]))"


def test_closed_namespaces_are_detected() -> None:
    words = [sys.executable, str(SUPPORT / "closed.py")]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespace to close namespaces in: this host has them closed already")
    said = subprocess.run([*words, sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == [False, "make namespaces"]


def test_namespaces_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIPSYS_NAMESPACES", "off")
    assert not probe().open


def test_a_trial_that_dies_is_an_answer() -> None:
    assert run_in_child(lambda: "") == ""
    assert run_in_child(lambda: "step\nreason") == "step\nreason"
    assert run_in_child(lambda: str(1 // 0)).startswith("start\n")


def test_another_machine_needs_its_emulator_first(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert probe_emulation("aarch64").qemu == ""
    qemu = tmp_path / "qemu-aarch64-static"
    qemu.write_bytes(pathlib.Path(sys.executable).read_bytes())
    qemu.chmod(0o755)
    monkeypatch.setenv("NIPSYS_NAMESPACES", "off")
    closed = probe_emulation("aarch64")
    assert (closed.qemu, closed.nested) == (str(qemu), False)
    monkeypatch.delenv("NIPSYS_NAMESPACES")
    if not probe().open:
        pytest.skip(f"namespaces are closed here: {probe().reason}")
    found = probe_emulation("aarch64")
    if found.step == "mount binfmt_misc in the namespace":
        pytest.skip(found.reason)
    assert found.nested, (found.step, found.reason)
    deep = tmp_path.joinpath(*["d" * 200] * 10)  # longer than the kernel takes
    deep.mkdir(parents=True)
    (deep / qemu.name).symlink_to(qemu)
    monkeypatch.setenv("PATH", str(deep))
    refused = probe_emulation("aarch64")
    assert (refused.nested, refused.step) == (False, "register qemu")
