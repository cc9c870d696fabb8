"""Every build failure is reported with its step, the last lines of the log and the kept work directory."""

import hashlib
import io
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from nipsys.model.problem import Problem


def kept(problem: Problem) -> Path:
    (note,) = [note for note in problem.notes if note.startswith("work director")]
    return Path(re.split(r": | and ", note)[1])


def test_a_failing_step_is_reported_with_its_log(bench: Any, refused: Any) -> None:
    (problem,) = refused(lambda: bench.shell("echo first; echo the reason >&2; exit 3")).problems
    assert problem.code == "build-step-failed"
    assert "step 1 (run /src/busybox)" in problem.message
    assert "failed with status 3" in problem.message
    assert "    the reason" in problem.notes
    assert (kept(problem) / "log").is_file()
    (log,) = [note for note in problem.notes if note.startswith("log: ")]
    assert "the reason" in Path(log[5:]).read_text()


@pytest.mark.parametrize(
    ("script", "more", "code"),
    [
        ("echo a sign; exit 3", "", "build-step-failed"),
        ("echo a sign; /src/busybox wget http://192.0.2.1/x", "", "build-network"),
        ("echo a sign; /store/zlib/bin/tool", "", "build-undeclared-input"),
        ("echo a sign; pwd > {out}/f; echo /build/tmp >> {out}/f", "", "build-path-leak"),
        ("echo a sign; /src/busybox head -c 8 /dev/urandom > {out}/f", "verify rebuild=2", "build-not-reproducible"),
        ("echo a sign; echo x > {out}/f", f'output {{ tree "blake3:{"0" * 64}" }}', "build-output-digest"),
    ],
)
def test_every_failure_shows_the_end_of_the_log_and_keeps_the_work(bench: Any, refused: Any, script: str, more: str, code: str) -> None:
    (problem,) = refused(lambda: bench.shell(script, more=more)).problems
    assert problem.code == code
    assert "    a sign" in problem.notes
    assert problem.span is not None
    (log,) = [note for note in problem.notes if note.startswith("log: ")]
    assert "a sign" in Path(log[5:]).read_text()
    assert (kept(problem) / "out").is_dir()


def test_a_killed_step_names_the_signal(bench: Any, refused: Any) -> None:
    (problem,) = refused(lambda: bench.shell("kill -9 $$")).problems
    assert "killed by signal 9" in problem.message


def test_use_of_the_network_is_reported(bench: Any, refused: Any) -> None:
    (problem,) = refused(lambda: bench.shell("/src/busybox wget http://192.0.2.1/x")).problems
    assert problem.code == "build-network"
    assert "declare what it downloads" in problem.hint
    assert kept(problem).is_dir()


def test_an_undeclared_input_is_named(bench: Any, refused: Any) -> None:
    (problem,) = refused(lambda: bench.shell("/store/zlib/bin/tool")).problems
    assert problem.code == "build-undeclared-input"
    assert "`/store/zlib`" in problem.message
    assert problem.hint == 'add `input "zlib"` in the recipe'
    bench.write("t", 'recipe "t" version="1" { steps { run "/usr/bin/gcc" "x.c"; }\n }')
    (problem,) = refused(lambda: bench.build("t")).problems
    assert problem.code == "build-undeclared-input"


def test_a_leaked_build_path_is_refused(bench: Any, refused: Any) -> None:
    (problem,) = refused(lambda: bench.shell("mkdir {out}/d; pwd > {out}/d/where; echo /build/tmp >> {out}/d/where")).problems
    assert problem.code == "build-path-leak"
    assert "`d/where`" in problem.message
    assert kept(problem).is_dir()


def test_random_output_is_refused_with_the_first_difference(bench: Any, refused: Any) -> None:
    script = "echo same > {out}/a; /src/busybox head -c 8 /dev/urandom > {out}/b"
    (problem,) = refused(lambda: bench.shell(script, more="verify rebuild=2")).problems
    assert problem.code == "build-not-reproducible"
    assert "first difference: `b`" in problem.notes[0]
    assert kept(problem).is_dir()


def test_user_jobs_host_and_clock_must_not_matter(bench: Any, refused: Any) -> None:
    for script in (
        "/src/busybox id -u > {out}/f",
        "echo {jobs} > {out}/f",
        "/src/busybox hostname > {out}/f",
        "/src/busybox date > {out}/f; /src/busybox sleep 1",
    ):
        (problem,) = refused(lambda script=script: bench.shell(script, more="verify rebuild=2")).problems
        assert problem.code == "build-not-reproducible", script


def test_a_date_in_the_result_is_caught_whatever_day_it_is(bench: Any, refused: Any) -> None:
    """Both builds run within a second: only a shifted clock shows it. Busybox is static, so no preloaded library would reach it."""
    for script in ("/src/busybox date -u +%Y-%m-%d > {out}/f", "/src/busybox cal > {out}/f"):
        (problem,) = refused(lambda script=script: bench.shell(script, more="verify rebuild=2")).problems
        assert problem.code == "build-not-reproducible", script
        assert "first difference: `f`" in problem.notes[0]
    record = bench.shell("/src/busybox date -u -d @0 > {out}/f", name="honest", more="verify rebuild=2")
    assert [witness.clock // 86400 for witness in record.witnesses] == [0, 400]


def archive(path: Path, names: list[str]) -> str:
    with tarfile.open(path, "w") as tar:
        for name in names:
            body = name.encode()
            info = tarfile.TarInfo(f"top/{name}")
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_order_of_directories_must_not_matter(bench: Any, refused: Any) -> None:
    sha256 = archive(bench.recipes / "data.tar", [f"file-{number}" for number in range(40)])
    source = f'source "data" path="data.tar" sha256="{sha256}" strip=1; verify rebuild=2'
    (problem,) = refused(
        lambda: bench.shell("/src/busybox ls -U /src/data > {out}/f || /src/busybox find /src/data > {out}/f", more=source)
    ).problems
    assert problem.code == "build-not-reproducible"
    bench.shell("/src/busybox find /src/data | /src/busybox sort > {out}/f", name="sorted", more=source)


def test_a_source_that_is_not_what_was_pinned(bench: Any, refused: Any) -> None:
    archive(bench.recipes / "data.tar", ["a"])
    source = f'source "data" path="data.tar" sha256="{"0" * 64}"'
    (problem,) = refused(lambda: bench.shell("true", more=source)).problems
    assert problem.code == "wrong-digest"
    assert problem.span is not None


def test_an_archive_that_leaves_its_place_is_refused(bench: Any, refused: Any, tmp_path: Path) -> None:
    for name in ("../../evil", "x/../../evil"):
        sha256 = archive(bench.recipes / "data.tar", [name])
        (problem,) = refused(lambda sha=sha256: bench.shell("true", more=f'source "data" path="data.tar" sha256="{sha}"')).problems
        assert problem.code == "build-unpack"
    assert not list(tmp_path.rglob("evil"))


def test_an_archive_that_writes_through_its_own_link_is_refused(bench: Any, refused: Any, tmp_path: Path) -> None:
    path = bench.recipes / "data.tar"
    with tarfile.open(path, "w") as tar:
        link = tarfile.TarInfo("d")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("d/evil"))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    (problem,) = refused(lambda: bench.shell("true", more=f'source "data" path="data.tar" sha256="{sha256}"')).problems
    assert problem.code == "build-unpack"
    assert not (tmp_path / "evil").exists()


def test_an_output_that_is_not_what_was_promised(bench: Any, refused: Any) -> None:
    (problem,) = refused(lambda: bench.shell("echo hi > {out}/f", more=f'output {{ tree "blake3:{"0" * 64}" }}')).problems
    assert problem.code == "build-output-digest"
    record = bench.shell("echo hi > {out}/f")
    again = bench.shell("echo hi > {out}/f", more=f'output {{ tree "{record.tree}" }}')
    assert again.tree == record.tree


def test_a_patch_that_does_not_fit(bench: Any, refused: Any) -> None:
    sha256 = archive(bench.recipes / "data.tar", ["a"])
    source = f'source "data" path="data.tar" sha256="{sha256}" strip=1 {{ edit "a" {{ replace "b" "c"; }}\n }}'
    (problem,) = refused(lambda: bench.shell("true", more=source)).problems
    assert problem.code == "build-patch"
    assert "`b` occurs 0 times" in problem.message


def test_a_generated_text_that_is_not_what_was_pinned(bench: Any, refused: Any) -> None:
    bench.write("t", f'recipe "t" version="1" {{ steps {{ generate "{{out}}/f" sha256="{"0" * 64}" {{ part {{ line "x"; }}\n }}\n }}\n }}')
    (problem,) = refused(lambda: bench.build("t")).problems
    assert problem.code == "build-generate"


def test_references_static_size_and_emptiness_are_checked(bench: Any, refused: Any) -> None:
    assert refused(lambda: bench.shell("true")).problems[0].code == "build-empty"
    more = 'output most=3 { forbid "secret"; }'
    codes = {problem.code for problem in refused(lambda: bench.shell("echo secret > {out}/f", more=more)).problems}
    assert codes == {"build-path-leak", "build-size"}
    bench.shell("echo x > {out}/f", name="below")
    bench.write(
        "above",
        'recipe "above" version="1" { input "below"; steps { write "{out}/f" "/store/below/f"; }; output { allow "/store/none"; }\n }',
    )
    (problem,) = refused(lambda: bench.build("above")).problems
    assert problem.code == "build-reference"


def test_a_cycle_without_a_start_is_reported(bench: Any, refused: Any) -> None:
    bench.write("a", 'recipe "a" version="1" { input "b"; }')
    bench.write("b", 'recipe "b" version="1" { input "a"; }')
    (problem,) = refused(lambda: bench.build("a")).problems
    assert problem.code == "build-circle"
    assert "`a` -> `b` -> `a`" in problem.message
