"""Successful builds: stored, cached, varied and repeated."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from nipsys.builder.output.capture import capture_tree
from nipsys.builder.output.libc import libc_of
from nipsys.model.event import Warned
from nipsys.model.package.resource import Resource
from nipsys.model.problem import reject
from nipsys.model.value import replace


def test_the_result_is_a_tree_of_the_store(bench: Any) -> None:
    record = bench.shell(
        "mkdir {out}/bin; echo '#!/bin/sh' > {out}/bin/x; /src/busybox chmod +x {out}/bin/x; /src/busybox ln -s x {out}/bin/y"
    )
    path = bench.path(record)
    assert capture_tree(str(path)).digest() == record.tree
    assert bench.shop.trees.store.read_manifest(record.tree_name()).digest() == record.tree
    assert (path / "bin" / "x").stat().st_mode & 0o777 == 0o555
    assert (path / "bin" / "x").stat().st_mtime == 1
    assert (path / "bin" / "y").readlink().name == "x"


def test_what_is_known_is_not_built_again(bench: Any) -> None:
    first = bench.shell("/src/busybox head -c 8 /dev/urandom > {out}/f")
    assert bench.build("t").tree == first.tree
    assert len(bench.build("t").witnesses) == 1


def test_no_cache_builds_again(bench: Any) -> None:
    first = bench.shell("/src/busybox head -c 8 /dev/urandom > {out}/f")
    assert bench.build("t", no_cache=True).tree != first.tree


def test_rebuild_adds_a_witness_under_other_circumstances(bench: Any) -> None:
    bench.shell("echo hi > {out}/f")
    record = bench.build("t", rebuild=True)
    assert [(witness.uid, witness.shuffled) for witness in record.witnesses] == [(1000, False), (4243, True)]


def test_work_is_cleared_unless_kept(bench: Any) -> None:
    bench.shell("echo hi > {out}/f")
    work = bench.root / "R" / "build" / "work"
    assert list(work.iterdir()) == []
    bench.build("t", keep_work=True, no_cache=True)
    assert len(list(work.iterdir())) == 1


def test_inputs_are_built_first_and_seen_at_their_mount(bench: Any) -> None:
    bench.shell("echo below > {out}/f", name="below")
    more = 'input "below" mount="/opt/below"'
    record = bench.shell("/src/busybox cat /opt/below/f > {out}/f", name="above", more=more)
    assert (bench.path(record) / "f").read_text() == "below\n"
    assert [given.name for given in record.inputs] == ["below"]


def test_another_input_is_another_key_and_the_same_input_the_same(bench: Any) -> None:
    bench.shell("echo one > {out}/f", name="below")
    above = lambda: bench.shell("echo fixed > {out}/f", name="above", more='input "below"')  # noqa: E731
    first = above()
    bench.shell("echo two > {out}/f", name="below")
    second = above()
    assert (first.key != second.key, first.tree == second.tree) == (True, True)
    bench.shell("echo one > {out}/f; true", name="below")
    assert above().key == first.key  # another recipe, but the same tree: nothing above it is built again


def test_flags_change_steps_arguments_inputs_and_key(bench: Any) -> None:
    bench.shell("echo library > {out}/f", name="library")
    bench.write(
        "t",
        """
        recipe "t" version="1" {
            seed "busybox" kind="host" path="/bin/busybox" { reason "a shell" }
            variant "loud" { arguments "say" "-n" "HELLO"; input "library"; after { run "/src/busybox" "cp" "/store/library/f" "{out}/library"; }; }
            variant "libc" default="musl" { value "musl"; value "glibc" { arguments "say" "glibc"; }; }
            steps { run "/src/busybox" "sh" "-c" "echo \\"$@\\" > {out}/said" "sh" "{args:say}" "end"; }
        }""",
    )
    plain, loud, other = bench.build("t"), bench.build("t", "+loud"), bench.build("t", "libc=glibc")
    assert [(bench.path(record) / "said").read_text() for record in (plain, loud, other)] == ["end\n", "HELLO end", "glibc end\n"]
    assert (bench.path(loud) / "library").exists()
    assert len({plain.key, loud.key, other.key}) == 3
    assert bench.build("t", "-loud", "libc=musl").key == plain.key
    assert [bench.shop.records.find(label).key for label in ("t", "t +loud", "t libc=glibc")] == [plain.key, loud.key, other.key]


def test_unknown_flags_are_all_named(bench: Any, refused: Any) -> None:
    bench.write("t", 'recipe "t" version="1" { variant "x" { }; variant "libc" { value "musl"; }\n }')
    problems = refused(lambda: bench.build("t", "+y", "libc=none", "z=1")).problems
    assert [problem.code for problem in problems] == ["unknown-flag", "unknown-flag-value", "unknown-flag"]


def test_a_damaged_record_is_as_if_there_was_none(bench: Any) -> None:
    record = bench.shell("echo hi > {out}/f")
    path = bench.root / "R" / "build" / "records" / f"{record.key[7:]}.json"
    path.write_text("{")
    assert bench.build("t").tree == record.tree


def test_a_cycle_is_built_until_it_reproduces_itself(bench: Any, refused: Any) -> None:
    bench.shell("echo seed > {out}/f", name="start")
    bench.write(
        "a",
        """
        recipe "a" version="1" {
            seed "busybox" kind="host" path="/bin/busybox" { reason "a shell" }
            input "a"; input "b"
            steps { run "/src/busybox" "sh" "-c" "read old < /store/a/f; case $old in seed) echo one;; *) echo two;; esac > {out}/f"; }
            verify { fixpoint "b" "a" { start { a "start"; }; }; }
        }""",
    )
    bench.write(
        "b",
        """
        recipe "b" version="1" {
            seed "busybox" kind="host" path="/bin/busybox" { reason "a shell" }
            member-of "a"
            input "a"
            steps { run "/src/busybox" "sh" "-c" "read old < /store/a/f; echo b of $old > {out}/f"; }
        }""",
    )
    record = bench.build("a")
    assert (record.rounds, record.fixpoint) == (4, ("b", "a"))
    assert (bench.path(record) / "f").read_text() == "two\n"
    assert (bench.path(bench.build("b")) / "f").read_text() == "b of two\n"
    text = (bench.recipes / "a.kdl").read_text().replace("echo two", "echo $old.")
    bench.write("a", text)
    (problem,) = refused(lambda: bench.build("a")).problems
    assert problem.code == "build-no-fixpoint"


def test_mixing_c_libraries_is_refused_with_the_file_that_proves_it(bench: Any, refused: Any) -> None:
    bench.write(
        "library",
        """
        recipe "library" version="1" {
            seed "program" kind="host" path="/usr/bin/env" { reason "a program linked against glibc"; }
            steps { copy "/src/program" to="{out}/lib/library.so"; }
        }""",
    )
    app = """
        recipe "app" version="1" libc="LIBC" {
            input "library" role="ROLE"
            steps { write "{out}/f" "x"; }
        }"""
    bench.write("app", app.replace("LIBC", "musl").replace("ROLE", "library"))
    (problem,) = refused(lambda: bench.build("app")).problems
    assert problem.code == "mixed-libc"
    assert problem.notes == ("`lib/library.so` of `library 1` needs glibc",)
    assert problem.span is not None
    for libc, role in (("glibc", "library"), ("musl", "tool")):
        bench.write("app", app.replace("LIBC", libc).replace("ROLE", role))
        bench.build("app")


def test_a_static_program_that_only_speaks_of_a_c_library_is_bound_to_none(tmp_path: Path) -> None:
    """A compiler contains the names of loaders in its tables, but is a static program."""
    (tmp_path / "c.c").write_text(
        'const char *loader = "/lib64/ld-linux-x86-64.so.2 GLIBC_2.2.5"; int puts(const char *); int main(void) { return puts(loader); }\n'
    )
    told = {}
    for name, options in (("static", ["-static"]), ("pie", ["-static-pie"]), ("dynamic", []), ("library", ["-shared", "-fPIC"])):
        (tmp_path / name).mkdir()
        done = subprocess.run(["gcc", *options, str(tmp_path / "c.c"), "-o", str(tmp_path / name / "x")], check=False, capture_output=True)
        if done.returncode:
            pytest.skip(f"gcc cannot link {name} here: {done.stderr.decode()[-200:]}")
        told[name] = libc_of(str(tmp_path / name))
    none, glibc = ("", ""), ("glibc", "x")
    assert told == {"static": none, "pie": none, "dynamic": glibc, "library": glibc}


def test_an_unavailable_seed_is_replaced_and_is_not_a_witness(bench: Any, refused: Any) -> None:
    bench.shop = replace(bench.shop, fetch=gone)
    bench.write(
        "start",
        """
        recipe "start" version="1" {
            variant "origin" default="gone" {
                value "gone" { seed "s" deb="pool/s.deb" sha256="ZERO" { reason "gone"; }; }
                value "here" { before { write "{out}/f" "seed\\n"; }; }
                value "also" { before { write "{out}/f" "other seed\\n"; }; }
            }
        }""".replace("ZERO", "0" * 64),
    )
    text = """
        recipe "a" version="1" {
            input "a"
            steps { write "{out}/f" "fixed\\n"; }
            verify { fixpoint "a" { start { a "start"; }; }; diverse "start" "gone" VALUES variant="origin"; }
        }"""
    bench.write("a", text.replace("VALUES", '"here" "also"'))
    record = bench.build("a")
    assert dict(record.converged) == {"origin=here": record.tree, "origin=also": record.tree}
    warned = [event.message for event in bench.events if isinstance(event, Warned)]
    assert warned == [
        "the default seed is unavailable; starting from `origin=here` instead",
        "seed `origin=gone` is unavailable; `a` was not compared with it",
    ]
    bench.write("b", text.replace("VALUES", '"gone"').replace('"a"', '"b"').replace("{ a ", "{ b "))
    assert refused(lambda: bench.build("b")).kind == "source"


def gone(resource: Resource) -> str:
    raise reject("source", "fetch-failed", f"`{resource.role}` is gone")
