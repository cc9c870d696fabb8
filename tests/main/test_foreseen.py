"""What a plan proves: everything of worlds that are in the store, and plainly what waits; `apply` proves all before it changes anything."""

import shutil
import subprocess
from pathlib import Path

import pytest
from debian_maker import Deb
from machine import Archive, Machine, greet, hello, write_profile


@pytest.fixture
def broken(tmp_path: Path) -> Deb:
    """Return a program whose C library is in no package."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing")
    (tmp_path / "p.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-o", "p", "p.c"], cwd=tmp_path, check=True)
    return Deb("broken", "1", files={"usr/bin/broken": (tmp_path / "p").read_bytes()})


def state(machine: Machine) -> tuple[object, ...]:
    generations = sorted(path.name for path in (machine.root / "generations").glob("[0-9]*"))
    views = sorted(path.name for path in (machine.root / "store").glob("*-view"))
    return (generations, views)


def test_what_waits_is_said_plainly(machine: Machine, profile: Path) -> None:
    said = machine("plan", profile).out
    assert "note: world `debian` can be checked (paths, libraries, symbol versions, alternatives, scripts) only when 3 packages are" in said
    machine("apply", profile)
    assert "waits" not in machine("plan", profile).out


def test_a_missing_library_is_told_by_the_plan_when_the_trees_are_there(machine: Machine, archive: Archive, broken: Deb) -> None:
    archive.publish(hello("1.0"), greet(), broken)
    profile = write_profile(machine.home / "p.kdl", archive, "greet")
    machine("apply", profile)
    profile.write_text(profile.read_text().replace("    greet", "    greet\n    broken"))
    before = state(machine)
    said = machine("apply", profile, code=1).err
    assert "`/usr/bin/broken` of `debian/broken` needs `libc.so.6`" in said
    assert "which no package of the world provides" in said
    assert state(machine) == before, "refused before anything was changed"


def kept(machine: Machine, archive: Archive, *packages: str) -> None:
    """Bring packages' trees into the store, each by a generation of its own."""
    for package in packages:
        profile = write_profile(machine.home / f"{package}.kdl", archive, package)
        machine("apply", profile)


def test_the_plan_tells_clashes_of_what_is_in_the_store(machine: Machine, archive: Archive) -> None:
    one, two = (Deb(name, "1", files={"usr/share/both": name.encode()}) for name in ("one", "two"))
    archive.publish(one, two)
    kept(machine, archive, "one", "two")
    before = state(machine)
    profile = write_profile(machine.home / "p.kdl", archive, "one", "two")
    for words in (("plan", profile), ("apply", profile, "--dry-run"), ("apply", profile)):
        assert "`debian/one` and `debian/two` both contain `/usr/share/both`" in machine(*words, code=1).err
    assert state(machine) == before


def test_the_plan_names_scripts_that_no_trigger_covers(machine: Machine, archive: Archive) -> None:
    archive.publish(Deb("daemon", "1", scripts={"postinst": "#!/bin/sh\nadduser --system daemon\n"}), hello("1.0"))
    kept(machine, archive, "daemon")
    profile = write_profile(machine.home / "p.kdl", archive, "daemon", "hello")
    kept(machine, archive, "hello")
    said = machine("plan", profile).out
    assert "note: maintainer scripts not run (no trigger covers them): debian/daemon (`adduser`)" in said
    assert 'scripts="sandbox"' in said


def test_a_choice_of_the_profile_is_proved_too(machine: Machine, archive: Archive) -> None:
    kept(machine, archive, "hello")
    profile = write_profile(machine.home / "p.kdl", archive, "hello", more='alternatives { editor "/usr/bin/ed"; }')
    assert "no package offers `/usr/bin/ed`" in machine("plan", profile, code=1).err


def test_dropped_bits_are_told_once_by_apply_and_then_by_plans(machine: Machine, archive: Archive, tmp_path: Path) -> None:
    made = [Deb(name, "1", files={f"usr/bin/{name}": b"#!/bin/sh\n"}) for name in ("su", "sudo")]
    archive.publish(*made, hello("1.0"))
    for deb in made:  # dpkg-deb packs the bits it finds
        tree = archive.repository.root.parent / f"{archive.repository.root.name}.work/{deb.name}-1-amd64"
        (tree / "usr/bin" / deb.name).chmod(0o4755)
        (archive.repository.root / "pool/main" / deb.file).unlink()
        pool = archive.repository.root / "pool/main"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, pool / deb.file], check=True, capture_output=True)
    archive.publish(*made, hello("1.0"))
    profile = write_profile(machine.home / "p.kdl", archive, "su", "sudo")
    told = "set-user-id, set-group-id and sticky bits were dropped: `su` (`usr/bin/su`), `sudo` (`usr/bin/sudo`)"
    assert machine("apply", profile).err.count("set-user-id") == 1
    machine("apply", write_profile(machine.home / "other.kdl", archive, "hello"))
    assert f"note: {told}" in machine("plan", profile).out
    ran = machine("apply", profile)
    assert "set-user-id" not in ran.err + ran.out
    assert "set-user-id" not in machine("plan", profile).out
