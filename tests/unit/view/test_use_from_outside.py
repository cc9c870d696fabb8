"""`nipsys env` and `nipsys doctor` as a shell and a program read them."""

import json
import os
import pathlib
import subprocess
import sys

from nipsys.effects.process import run


def nipsys(root: pathlib.Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nipsys", "--root", str(root), *words]
    return subprocess.run(command, env=dict(os.environ, **env), capture_output=True, text=True, check=False, timeout=300)


def test_env_is_read_by_a_shell_and_is_idempotent(tmp_path: pathlib.Path) -> None:
    lines = nipsys(tmp_path, "env").stdout
    script = f"{lines}\necho $PATH; echo $XDG_DATA_DIRS; echo $MANPATH"
    said = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0].startswith(f"{tmp_path}/System/Links/Executables:")
    assert said[1].startswith(f"{tmp_path}/System/Links/Shared:")
    assert said[2].endswith(":"), "an empty part keeps the built-in manual directories"
    again = json.loads(nipsys(tmp_path, "env", "--json", PATH=said[0], XDG_DATA_DIRS=said[1], MANPATH=said[2]).stdout)
    assert (again["PATH"], again["XDG_DATA_DIRS"], again["MANPATH"]) == tuple(said)


def test_env_supports_other_shells(tmp_path: pathlib.Path) -> None:
    assert nipsys(tmp_path, "env", "--shell", "fish").stdout.startswith("set -gx PATH ")
    assert nipsys(tmp_path, "env", "--shell", "systemd").stdout.startswith("PATH=")


def test_doctor_reports_the_state_of_each_feature(tmp_path: pathlib.Path) -> None:
    found = {row["name"]: row for row in json.loads(nipsys(tmp_path, "doctor", "--json").stdout)}
    assert {"views", "relocation", "launcher", "isolation", "space", "hard links", "other machines", "path"} <= set(found)
    assert all(row["state"] in {"holds", "partly", "fails"} and row["told"] for row in found.values())
    assert found["path"]["state"] == "partly"
    assert "nipsys env" in found["path"]["hint"]


def test_doctor_reports_closed_namespaces(tmp_path: pathlib.Path) -> None:
    done = nipsys(tmp_path, "doctor", "--json", NIPSYS_NAMESPACES="off")
    views = next(row for row in json.loads(done.stdout) if row["name"] == "views")
    assert views["state"] == "fails"
    assert "off" in views["told"]
    assert views["hint"]


def test_running_a_process_never_raises() -> None:
    assert run(["/bin/sh", "-c", "echo a; echo b >&2; exit 3"]) == run(["/bin/sh", "-c", "echo a; echo b >&2; exit 3"])
    apart = run(["/bin/sh", "-c", "echo a; echo b >&2; exit 3"], apart=True)
    assert (apart.code, apart.output, apart.errors) == (3, "a\n", "b\n")
    assert run(["/no/such/program"]).code == 127
    assert run(["/bin/sh", "-c", "sleep 5"], seconds=0.2).code == 124
    assert run(["/bin/cat"], input=b"in").output == "in"
