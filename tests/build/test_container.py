"""Builds in Podman, where it works: the same tree as without."""

import subprocess
from typing import Any

import pytest

from nipsys.build.container import Seen, find_engine, launch
from nipsys.model.problem import Rejected


@pytest.fixture
def engine() -> str:
    """Give an engine that can start a container with no network; skip by name without one."""
    try:
        found = find_engine()
    except Rejected as rejected:
        pytest.skip("no container engine: " + "; ".join(rejected.problems[0].notes))
    return found


def test_a_container_gives_the_same_tree(bench: Any, engine: str, tmp_path: Any) -> None:
    probe = subprocess.run(
        launch(engine, str(tmp_path / "image"), Seen(), ["/usr/bin/true"], "/"), capture_output=True, text=True, check=False
    )
    if probe.returncode:
        pytest.skip(f"{engine} starts no container here: {probe.stderr.strip()[-200:]}")
    script = "/src/busybox id -u > {out}/f; /src/busybox ls / >> {out}/f; /src/busybox grep -c Link /proc/net/dev >> {out}/f || true"
    plain = bench.shell(script)
    boxed = bench.build("t", no_cache=True, engine=engine)
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
    argv = launch("/usr/bin/podman", str(tmp_path / "image"), Seen(("/in",), ("/work",)), ["x"], "/lib")
    assert "--network=none" in argv
    assert {"/in:/in:ro", "/work:/work", "/usr:/usr:ro"} <= set(argv)
    assert argv[-3:] == ["--rootfs", str(tmp_path / "image"), "x"]
