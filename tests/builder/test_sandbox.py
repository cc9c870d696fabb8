"""What a build can and cannot see."""

import hashlib
import os
import socket
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from nipsys.model.event import Warned
from nipsys.model.value import replace


def lines(bench: Any, script: str) -> list[str]:
    return (
        (bench.path(bench.shell(f"/src/busybox --install -s /tmp; PATH=/tmp; ({script}) > {{out}}/said")) / "said").read_text().splitlines()
    )


def test_only_declared_things_are_there(bench: Any) -> None:
    assert lines(bench, "ls /") == ["build", "dev", "proc", "src", "store", "tmp"]


def test_the_device_directory_holds_a_few_nodes_and_the_hosts_own_stays_as_it_was(bench: Any) -> None:
    before = {name: os.lstat(f"/dev/{name}")[:6] for name in os.listdir("/dev") if not name.startswith("pts")}
    assert lines(bench, "ls /dev") == sorted(["fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "urandom", "zero"])
    assert {name: os.lstat(f"/dev/{name}")[:6] for name in before} == before


def test_nobody_else_runs_here(bench: Any) -> None:
    assert lines(bench, "set -- /proc/[0-9]*; echo $#") == ["2"]  # the worker and the shell


def test_the_user_is_an_ordinary_one_without_privileges(bench: Any) -> None:
    said = lines(bench, "id -u; hostname; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status")
    assert said == ["1000", "nipsys", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"]


def test_the_environment_is_empty(bench: Any) -> None:
    assert lines(bench, "env | grep -v -e ^PWD= -e ^SHLVL= -e ^PATH= -e ^_= || true") == []


def test_inputs_cannot_be_written(bench: Any) -> None:
    said = lines(bench, "echo no > /src/busybox && echo written || echo refused")
    assert said == ["refused"]


def test_the_network_is_the_loopback_alone(bench: Any) -> None:
    assert lines(bench, "ls /sys 2>/dev/null; ifconfig -a | grep -c Link") == ["1"]


def test_the_hosts_loopback_is_out_of_reach(bench: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert lines(bench, f"nc -w 1 127.0.0.1 {port} </dev/null && echo reached || echo refused") == ["refused"]


def test_a_build_that_runs_too_long_is_stopped(bench: Any, refused: Any) -> None:
    bench.write(
        "t",
        """recipe "t" version="1" seconds=1 {
        seed "busybox" kind="host" path="/bin/busybox" { reason "a shell" }
        steps { run "/src/busybox" "sleep" "60" }
    }""",
    )
    (problem,) = refused(lambda: bench.build("t")).problems
    assert problem.code == "build-time-limit"


OWN_ID = "identity" if os.geteuid() == 0 else ""
"""What is missing where root has made a user namespace with no other id in it: the build cannot become somebody else."""

INNER = """
import sys
from nipsys.builder.sandbox.job import Job, Mount, run_in_sandbox
from nipsys.model.package.recipe import Run
import os
work = sys.argv[1]
job = Job(work, "/build", (Mount("/src/busybox", "/bin/busybox", "ro"),), (), (), (Run(("/src/busybox", "true")),))
outcome = run_in_sandbox(job)
print(outcome.status, ",".join(outcome.missing), outcome.executed)
"""


def inside(prefix: list[str], work: Path) -> str:
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PATH": os.environ["PATH"]}
    work.mkdir()
    done = subprocess.run([*prefix, sys.executable, "-c", INNER, str(work)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode and "unshare" in done.stderr:
        pytest.skip(f"this host does not nest: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_nests_in_a_container(bench: Any, tmp_path: Path) -> None:
    assert inside(["unshare", "-Urmpnfui", "--mount-proc"], tmp_path / "w") == f"done {OWN_ID} 1"


def test_without_user_namespaces_the_answer_says_what_is_missing(bench: Any, tmp_path: Path) -> None:
    closed = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    assert inside(["unshare", "-Urm", "sh", "-c", closed, "sh"], tmp_path / "w") == ",".join(filter(None, ("done user", OWN_ID))) + " 1"


def test_without_any_namespace_it_is_closed_and_all_are_missing(bench: Any, tmp_path: Path) -> None:
    closed = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"'
    drop = "import ctypes,os,sys; c=ctypes.CDLL(None); [c.prctl(24, n) for n in range(64)]; os.execv(sys.argv[1], sys.argv[1:])"
    prefix = ["unshare", "-Ur", "sh", "-c", closed.replace("setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all ", "")]
    said = inside([*prefix, "sh", sys.executable, "-c", drop], tmp_path / "w")
    assert said == "closed ipc,mount,net,pid,user,uts 0"


def test_reduced_isolation_is_reported(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from nipsys.builder import build as one
    from nipsys.builder.sandbox.job import run_in_sandbox

    monkeypatch.setattr(one, "run_in_sandbox", lambda job: replace(run_in_sandbox(job), missing=("net",)))
    record = bench.shell("echo hi > {out}/f")
    (warned,) = [event for event in bench.events if isinstance(event, Warned)]
    assert "missing: net" in warned.message
    assert record.witnesses[0].missing == ("net",)


def test_where_no_sandbox_is_the_answer_names_what_is_missing_and_the_way_out(
    bench: Any, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    from nipsys.builder import build as one
    from nipsys.builder.sandbox.job import Outcome

    closed = Outcome("closed", "build-sandbox", "Operation not permitted", missing=("mount", "user"), log="/nonexistent/log")
    monkeypatch.setattr(one, "run_in_sandbox", lambda job: closed)
    monkeypatch.setattr(one, "_keep_log", lambda shop, concrete, log: log)
    rejected = refused(lambda: bench.shell("true"))
    (problem,) = rejected.problems
    assert rejected.kind == "host"
    assert problem.code == "build-sandbox"
    assert "isolation missing: mount, user" in problem.message
    assert "--container" in problem.hint


def test_the_workers_own_modules_are_found_not_those_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build in a directory that holds something called ``nipsys`` must not run that, least of all as root."""
    from nipsys.builder.sandbox.job import probe_sandbox

    (tmp_path / "nipsys").mkdir()
    (tmp_path / "nipsys/__init__.py").write_text("raise SystemExit('taken from the working directory')")
    monkeypatch.chdir(tmp_path)
    assert "working directory" not in Path(probe_sandbox(str(tmp_path / "work")).log).read_text()


def test_the_id_of_a_build_that_root_starts() -> None:
    from nipsys.builder.sandbox.job import BUILD_ID, choose_host_id

    assert choose_host_id(1000, "0 0 4294967295") == 0
    assert choose_host_id(0, "         0          0 4294967295\n") == BUILD_ID
    assert choose_host_id(0, "0 1000 1\n1 100000 65536\n") == 65536
    assert choose_host_id(0, "0 1000 1\n") == 0


def test_a_link_of_a_recipe_cannot_lead_to_this_machine(bench: Any, refused: Any, tmp_path: Path) -> None:
    """A source may contain a link to anywhere; what a recipe links below it is made in the sandbox's root or not at all."""
    outside = tmp_path / "outside"
    outside.mkdir()
    with tarfile.open(bench.recipes / "s.tar", "w") as archive:
        link = tarfile.TarInfo("away")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        archive.addfile(link)
    sha256 = hashlib.sha256((bench.recipes / "s.tar").read_bytes()).hexdigest()
    source = f'source "s" path="s.tar" sha256="{sha256}"; root-link "/src/s/away/deep/evil" "x"'
    refused(lambda: bench.shell("echo x > {out}/f", more=source))
    assert list(outside.iterdir()) == []
    bench.shell("test -L /opt/deep/good; echo x > {out}/f", name="good", more='root-link "/opt/deep/good" "/src/busybox"')
