"""Alternatives: the choice is recorded in the lock, stays until an update, and can be the profile's."""

from pathlib import Path

from debian_maker import Deb
from machine import Archive, Machine, write_profile


def editor(name: str, priority: int) -> Deb:
    script = f"#!/bin/sh\nupdate-alternatives --install /usr/bin/editor editor /usr/bin/{name} {priority}\n"
    return Deb(name, "1", files={f"usr/bin/{name}": f"#!/bin/sh\necho {name}\n".encode()}, scripts={"postinst": script})


def both(machine: Machine, archive: Archive, *packages: str, more: str = "") -> Path:
    archive.publish(editor("small", 10), editor("big", 20))
    return write_profile(machine.home / "p.kdl", archive, *packages, more=more)


def test_the_choice_is_recorded_and_stays_until_an_update(machine: Machine, archive: Archive) -> None:
    profile = both(machine, archive, "small")
    machine("apply", profile)
    lock = profile.with_suffix(".lock.kdl")
    assert 'fact.alternative:editor="/usr/bin/small"' in lock.read_text()
    assert "nothing to do" in machine("apply", profile).out
    assert machine("check", profile).code == 0

    profile.write_text(profile.read_text().replace("    small", "    small\n    big"))
    machine("apply", profile)
    assert machine.program("editor").out == "small\n", "what was chosen stays chosen"
    machine("update", profile)
    machine("apply", profile)
    assert machine.program("editor").out == "big\n"
    assert 'fact.alternative:editor="/usr/bin/big"' in lock.read_text()
    assert "/usr/bin/small" not in lock.read_text()


def test_the_profile_chooses_and_takes_it_back(machine: Machine, archive: Archive) -> None:
    profile = both(machine, archive, "small", "big", more='alternatives { editor "/usr/bin/small"; }')
    machine("apply", profile)
    assert machine.program("editor").out == "small\n"
    assert 'fact.chosen:editor="/usr/bin/small"' in profile.with_suffix(".lock.kdl").read_text()
    profile.write_text(profile.read_text().replace('alternatives { editor "/usr/bin/small"; }', ""))
    machine("apply", profile)
    assert machine.program("editor").out == "big\n"


def test_a_choice_that_nobody_offers_is_told_with_its_place(machine: Machine, archive: Archive) -> None:
    profile = both(machine, archive, "small", more='alternatives { editor "/usr/bin/ed"; }')
    said = machine("apply", profile, code=1).err
    assert "p.kdl:6:23: no package offers `/usr/bin/ed` as `editor`" in said
    assert "`debian/small` offers `/usr/bin/small`" in said
    assert not list((machine.root / "generations").glob("[0-9]*"))


def test_the_same_lock_gives_the_same_generation_elsewhere(machine: Machine, archive: Archive, tmp_path: Path) -> None:
    profile = both(machine, archive, "small", "big")
    machine("apply", profile)
    other = Machine(machine.home, tmp_path / "other")
    other("apply", profile, "--locked")
    assert other.current() == machine.current()


def test_a_lock_without_the_record_is_taken_as_it_is(machine: Machine, archive: Archive) -> None:
    profile = both(machine, archive, "small", "big")
    machine("lock", profile)
    lock = profile.with_suffix(".lock.kdl")
    before = lock.read_bytes()
    assert b"alternative:" not in before
    machine("apply", profile, "--locked")
    assert lock.read_bytes() == before
    assert machine.program("editor").out == "big\n"
    assert "nothing to do" in machine("apply", profile, "--locked").out
