"""Builds in Podman, where it works: the same tree as without."""

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from nipsys.app.realize.recipe_builds import open_workspace
from nipsys.app.source_builds import ForeignRequest, build_foreign
from nipsys.app.source_builds.tools import find_tool_home
from nipsys.builder.build import BuildOptions
from nipsys.builder.sandbox.podman import VisiblePaths, build_container_command, find_engine
from nipsys.cli.main import main
from nipsys.model.event import ignore_event
from nipsys.model.problem import Rejected


@pytest.fixture
def engine() -> str:
    """Return an engine that can start a container without a network; skip without one."""
    try:
        found = find_engine()
    except Rejected as rejected:
        pytest.skip("no container engine: " + "; ".join(rejected.problems[0].notes))
    return found


@pytest.fixture
def running(engine: str, tmp_path: Path) -> str:
    """Return the engine if it starts a container here; skip with its own message if not."""
    argv = build_container_command(engine, str(tmp_path / "probe"), VisiblePaths(), ["/usr/bin/true"], "/")
    probe = subprocess.run(argv, capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"{engine} starts no container here: {probe.stderr.strip()[-200:]}")
    return engine


def test_a_container_gives_the_same_tree(bench: Any, running: str) -> None:
    script = "/src/busybox id -u > {out}/f; /src/busybox ls / >> {out}/f; /src/busybox grep -c Link /proc/net/dev >> {out}/f || true"
    plain = bench.shell(script)
    boxed = bench.build("t", no_cache=True, engine=running)
    assert boxed.tree == plain.tree
    assert boxed.witnesses[-1].missing == ()


def test_without_an_engine_the_answer_says_what_was_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Rejected) as caught:
        find_engine()
    assert caught.value.problems[0].notes == ("podman: not installed", "docker: not installed")
    (tmp_path / "podman").write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    (tmp_path / "podman").chmod(0o755)
    with pytest.raises(Rejected) as caught:
        find_engine()
    assert caught.value.problems[0].notes[0] == "podman: broken"


def test_the_container_has_no_network_and_only_what_it_needs(tmp_path: Any) -> None:
    argv = build_container_command("/usr/bin/podman", str(tmp_path / "image"), VisiblePaths(("/in",), ("/work",)), ["x"], "/lib")
    assert "--network=none" in argv
    assert {"/in:/in:ro", "/work:/work", "/usr:/usr:ro"} <= set(argv)
    assert argv[-3:] == ["--rootfs", str(tmp_path / "image"), "x"]


def test_a_foreign_build_in_a_container_gives_the_same_tree(running: str, tmp_path: Path) -> None:
    """The tool and its repository are all the container sees besides this machine's programs."""
    if find_tool_home(str(tmp_path / "R"), "pkgsrc") is None:
        pytest.skip("bmake is not installed")
    trees = []
    for options in (BuildOptions(jobs=2), BuildOptions(jobs=2, no_cache=True, engine=running)):
        shop = open_workspace(str(tmp_path / "R"), options, ignore_event)
        order = ForeignRequest("pkgsrc", "local/np-hello", ("-loud",), str(Path(__file__).parent / "pkgsrc"))
        built = build_foreign(shop, str(tmp_path / "R"), order)
        assert built.record.witnesses[-1].missing == ()
        trees.append(built.record.witnesses[-1].tree)
    assert trees[0] == trees[1]


DOCKER = """#!/bin/sh
printf '%s\\n' "$*" >> {log}
case $1 in
info) exit 0 ;;
import) cat > {image} ;;
run) echo "docker: Error response from daemon: no such runtime" >&2; exit 125 ;;
esac
"""


def test_docker_gets_an_image_made_here_and_its_refusal_is_reported(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    """There is no daemon here: the client's arguments are checked, and that its failure is reported."""
    (tmp_path / "bin").mkdir()
    log, image = tmp_path / "asked", tmp_path / "image.tar"
    (tmp_path / "bin/docker").write_text(DOCKER.format(log=log, image=image))
    (tmp_path / "bin/docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    engine = find_engine()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    assert engine == f"{tmp_path}/bin/docker"
    bench.write("t", 'recipe "t" version="1" { steps { write "{out}/f" "x"; }; }')
    (problem,) = refused(lambda: bench.build("t", engine=engine)).problems
    assert problem.code == "build-sandbox"
    assert any("no such runtime" in note for note in problem.notes)
    asked = log.read_text().splitlines()
    assert asked[:2] == ["info", "import - nipsys-build:scaffold"]
    words = asked[2].split()
    assert words[:3] == ["run", "--rm", "--network=none"]
    assert "--rootfs" not in words  # that is Podman's
    place = words.index("nipsys-build:scaffold")
    assert words[place + 2 : place + 7] == ["-B", "-s", "-P", "-m", "nipsys.builder.sandbox.worker"]
    writable = [word for word in words if ":" in word and word.startswith("/") and not word.endswith(":ro")]
    assert [word.partition(":")[0] for word in writable] == [os.path.dirname(words[-1])]
    first = image.read_bytes()
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert {member.name for member in tar if member.isdir()} == {"usr", "proc", "sys", "dev", "tmp", "etc", "run"}
    refused(lambda: bench.build("t", engine=engine))
    assert image.read_bytes() == first  # the same bytes every time


def test_a_build_in_a_missing_engine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--root", str(tmp_path / "R"), "build", "busybox", "--container", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "missing-program"
