"""Questions about a lock and the sources, as a user asks them: why, why-not, what-if, tree, graph, search, info, and proofs."""

from pathlib import Path

import pytest
from debian_maker import Deb
from machine import Archive, Machine, greet, hello, write_profile


@pytest.fixture
def locked(machine: Machine, archive: Archive) -> Path:
    """Lock ``greet`` while the archive also has what conflicts with it and a newer hello."""
    rude = Deb("rude", "1", fields={"Conflicts": "greet"}, files={"usr/bin/rude": b"#!/bin/sh\n"})
    picky = Deb("picky", "2", fields={"Depends": "hello (= 1.0)"}, files={"usr/bin/picky": b"#!/bin/sh\n"})
    archive.publish(hello("1.0"), greet(), rude, picky)
    path = write_profile(machine.home / "p.kdl", archive, "greet")
    machine("lock", path)
    return path


def test_why(machine: Machine, locked: Path) -> None:
    assert machine("why", "hello", "--profile", locked).out.splitlines() == ["requested: debian/greet 1.0", "  depends on debian/hello 1.0"]
    assert machine("why", "base", "--profile", locked).out.startswith("essential: debian/base")
    assert machine("why", "hello", "--json").value == [{"steps": ["debian/greet", "debian/hello"], "essential": False}]
    assert "not in the lock" in machine("why", "rude", "--profile", locked, code=1).err


def test_why_not(machine: Machine, locked: Path) -> None:
    told = machine("why-not", "rude", "--profile", locked, code=1).out
    assert "`rude` conflicts with `greet`" in told
    assert "fix: drop `greet`" in told
    assert "no version of `hello` fits `=9`" in machine("why-not", "hello=9", "--profile", locked, code=1).out
    assert machine("why-not", "picky", "--profile", locked).out.splitlines() == [
        "picky is possible; it would change:",
        "  + debian/picky 2",
    ]


def test_what_if(machine: Machine, locked: Path) -> None:
    before = locked.with_name("p.lock.kdl").read_bytes()
    assert machine("what-if", "picky", "--profile", locked, "--json").value == {
        "possible": True,
        "changes": [{"id": "debian/picky", "before": "", "after": "2"}],
    }
    assert machine("what-if", "greet", "--profile", locked).out == "greet would change nothing\n"
    assert machine("what-if", "picky", "hello=2", "--profile", locked, code=1).out
    assert locked.with_name("p.lock.kdl").read_bytes() == before


def test_tree_and_graph(machine: Machine, locked: Path) -> None:
    assert machine("tree", "--profile", locked).out == "debian/greet 1.0\n  debian/hello 1.0\n"
    assert machine("tree", "hello", "--reverse", "--profile", locked).out == "debian/hello 1.0\n  debian/greet 1.0\n"
    assert '"debian/greet" -> "debian/hello";' in machine("graph", "--profile", locked).out
    value = machine("graph", "--format", "json", "--profile", locked).value
    assert isinstance(value, dict)
    assert ["debian/greet", "debian/hello"] in value["edges"]


def test_graph_as_a_picture(machine: Machine, locked: Path) -> None:
    import shutil

    if not shutil.which("dot"):
        pytest.skip("missing: dot (install graphviz)")
    assert "<svg" in machine("graph", "--format", "svg", "--profile", locked).out


def test_search_and_info(machine: Machine, locked: Path) -> None:
    assert machine("search", "gree", "--profile", locked).out.startswith("debian/greet  1.0")
    assert machine("search", "nothing-like-it", "--profile", locked, code=1).out == "no packages found\n"
    told = machine("info", "greet", "--profile", locked).out
    assert "depends        hello (>= 1.0)" in told
    (row,) = machine("info", "greet", "--profile", locked, "--json").value  # type: ignore[misc]
    assert list(row) == [
        "source", "kind", "suites", "name", "version", "arch", "needs", "wishes", "provides", "refuses", "location", "size", "digest",
        "format", "summary", "essential", "flags", "facts", "side",
    ]  # fmt: skip
    assert "did you mean `greet`?" in machine("info", "gret", "--profile", locked, code=1).err


def test_proofs(machine: Machine, locked: Path) -> None:
    pytest.importorskip("clingo")
    assert machine("lock", "--optimal", locked).out.endswith("unchanged\n")
    assert machine("update", "--minimal-change", locked, "hello").out.endswith("unchanged\n")


def test_an_index_of_before_is_made_anew_by_a_sync(machine: Machine, locked: Path) -> None:
    """An index of another version is no index; the lists have not changed, and yet the next sync makes it again."""
    (universe,) = machine.root.glob("**/universe")
    whole = universe.read_bytes()
    universe.write_bytes(b"nipsys-index 1\n\0" + whole[16:])
    machine("sync", locked)
    assert universe.read_bytes() == whole
    assert machine("search", "greet", "--profile", locked).out.startswith("debian/greet")


def test_what_is_new_is_found_after_a_sync_and_an_update_takes_it(machine: Machine, archive: Archive, locked: Path) -> None:
    archive.publish(hello("1.0"), hello("2.0"), greet(), Deb("extra", "1", files={"usr/bin/extra": b"#!/bin/sh\n"}))
    assert machine("search", "extra", "--profile", locked, code=1).out == "no packages found\n"
    machine("sync", locked)
    assert machine("search", "extra", "--profile", locked).out.startswith("debian/extra")
    machine("update", locked, "hello")
    assert machine("tree", "--profile", locked).out == "debian/greet 1.0\n  debian/hello 2.0\n"
