"""What ``doctor`` reports about each way to run programs, available or not."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from nipsys.app.doctor.finding import Finding
from nipsys.app.doctor.programs import examine_programs
from nipsys.effects.host.namespaces import Namespaces, probe
from nipsys.view.launcher.binary import NATIVE

SUPPORT = pathlib.Path(__file__).parents[3] / "support"
OPEN, SHUT = Namespaces(True, True), Namespaces(False, False, "bind a directory", "Operation not permitted")


def found(root: pathlib.Path, host: Namespaces) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_programs(str(root), host)}


def test_each_step_of_opening_a_namespace_is_reported(tmp_path: pathlib.Path) -> None:
    here = found(tmp_path, OPEN)["views"]
    assert here.state == "holds"
    assert len(here.tried) == 7
    assert {one.partition(": ")[2] for one in here.tried} == ({"done"} if os.getuid() else {"done", "not needed"})
    shut = found(tmp_path, SHUT)["views"]
    assert shut.state == "fails"
    assert shut.tried[3:6] == ("mount a tmpfs: done", "bind a directory: Operation not permitted", "pivot the root: not reached")
    assert shut.hint


def test_missing_tools_are_named_with_a_hint(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without any tool, and an installation without compiled files."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("nipsys.view.launcher.binary.NATIVE", str(tmp_path / "native"))
    shutil.copytree(NATIVE, tmp_path / "native", ignore=shutil.ignore_patterns("bin", "__pycache__"))
    monkeypatch.setattr("sys.executable", os.path.realpath(sys.executable))
    lacking = found(tmp_path, SHUT)
    states = {name: finding.state for name, finding in lacking.items()}
    assert states == {
        "views": "fails", "relocation": "fails", "last resort": "fails", "compiler": "partly", "launcher": "partly", "isolation": "partly",
        "other machines": "partly",
    }  # fmt: skip
    assert lacking["relocation"].tried == ("patchelf: missing", "redirecting library: missing")
    assert "patchelf" in lacking["relocation"].told
    assert "Python program" in lacking["launcher"].told
    assert lacking["last resort"].hint == "install `proot`"
    assert "cannot run on this host" in lacking["other machines"].told
    assert found(tmp_path, OPEN)["last resort"].state == "partly"


def test_closed_namespaces_are_reported_step_by_step(tmp_path: pathlib.Path) -> None:
    closed = [sys.executable, str(SUPPORT / "closed.py")]
    if not probe().open:
        pytest.skip(f"namespaces are closed here: {probe().reason}")
    command = [sys.executable, "-m", "nipsys", "--root", str(tmp_path), "--json", "doctor"]
    done = subprocess.run([*closed, *command], capture_output=True, text=True, check=False)
    told = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert told["views"]["state"] == "fails"
    assert told["views"]["tried"][0].startswith("make namespaces: ")
    assert told["views"]["tried"][1:] == [f"{step}: not reached" for step in STEPS]
    assert told["isolation"]["state"] == "partly"
    assert "child processes do not" in told["other machines"]["told"] or "cannot run" in told["other machines"]["told"]
    open_one = subprocess.run(command, capture_output=True, text=True, check=False)
    assert {finding["name"]: finding["state"] for finding in json.loads(open_one.stdout)}["views"] == "holds"


STEPS = ("map the user", "detach mounts", "mount a tmpfs", "bind a directory", "pivot the root", "make a network namespace")
