"""A maintainer script run on the profile's word: confined, its result kept as a tree that `gc` leaves alone while a generation shows it."""

from pathlib import Path

import pytest
from debian_maker import Deb
from machine import Archive, Machine, hello, write_profile

from nipsys.effects.host.namespaces import probe

SCRIPT = "#!/bin/sh\nset -e\necho made by $1 > /usr/share/made\n"


@pytest.fixture
def scripted(machine: Machine, archive: Archive) -> Path:
    if not (found := probe()).open:
        pytest.skip(f"namespaces are closed here: {found.step}: {found.reason}")
    program = b"#!/bin/sh\ncat /usr/share/made\n"
    archive.publish(
        Deb("toy", "1", files={"usr/bin/toy": program, "usr/share/toy/note": b"a place to write to\n"}, scripts={"postinst": SCRIPT}),
        hello("1.0"),
    )
    return write_profile(machine.home / "p.kdl", archive, 'toy scripts="sandbox"')


def derived(machine: Machine) -> list[str]:
    return sorted(path.name for path in (machine.root / "store").glob("*-toy-script-1"))


def test_the_result_is_shown_and_kept_by_gc(machine: Machine, archive: Archive, scripted: Path) -> None:
    ran = machine("apply", scripted)
    assert "failed" not in ran.err, ran.err
    assert machine.program("toy").out == "made by configure\n"
    (tree,) = derived(machine)
    machine("gc")
    assert derived(machine) == [tree]
    assert (machine.root / "store" / tree / "usr/share/made").read_text() == "made by configure\n"
    assert machine("verify").code == 0

    machine("apply", write_profile(machine.home / "other.kdl", archive, "hello"))
    machine("gc")
    assert derived(machine) == [tree], "generation 1 may be gone back to"
    machine("gc", "--keep", "1")
    assert derived(machine) == []


def test_without_the_word_it_is_named_and_not_run(machine: Machine, archive: Archive, scripted: Path) -> None:
    scripted.write_text(scripted.read_text().replace(' scripts="sandbox"', ""))
    machine("apply", scripted)
    assert "No such file" in machine.program("toy").err
    assert derived(machine) == []
