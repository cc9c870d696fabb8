"""The main job: lock, apply, run, apply again, roll back; and the shapes that other tools rely on."""

import json
import os
import subprocess
import sys
from pathlib import Path

from debian_maker import Deb
from machine import Archive, Machine, greet, hello, write_profile


def test_apply_run_apply_rollback(machine: Machine, archive: Archive, profile: Path) -> None:
    machine("apply", profile)
    assert machine.program("greet").out == "hello 1.0 from greet\n"
    first = machine.current()
    assert first[0] == 1

    archive.publish(hello("2.0"), greet())
    machine("apply", profile)
    assert machine.current() == first, "a fresh lock is used as it is"
    machine("update", profile)
    machine("apply", profile)
    assert machine.program("greet").out == "hello 2.0 from greet\n"
    assert machine.current()[0] == 2

    archive.server.behaviours.clear()
    ran = machine("--offline", "rollback")
    assert machine.current() == first
    assert "generation 1" in ran.out
    assert machine.program("greet").out == "hello 1.0 from greet\n"
    machine("--offline", "rollback", "--to", "2")
    assert machine.current()[0] == 2


def test_apply_twice_does_nothing(machine: Machine, profile: Path) -> None:
    machine("apply", profile)
    before = machine.store()
    ran = machine("--offline", "apply", profile)
    assert "nothing to do" in ran.out
    assert machine.current()[0] == 1
    assert machine.store() == before


def test_the_lock_is_canonical_and_fresh(machine: Machine, profile: Path) -> None:
    machine("lock", profile)
    lock = profile.with_suffix(".lock.kdl")
    text = lock.read_text()
    assert 'package "debian/greet"' in text
    assert "sha256" in text
    machine("lock", profile)
    assert lock.read_text() == text
    assert machine("check", profile).code == 0
    lock.unlink()
    machine("check", profile, code=2)


def test_same_lock_same_digest_elsewhere(machine: Machine, profile: Path, tmp_path: Path) -> None:
    machine("apply", profile)
    other = Machine(tmp_path / "elsewhere/home", tmp_path / ("a-rather-long-name-" * 6) / "root", {"TZ": "Asia/Tokyo", "LANG": "C"})
    other.home.mkdir(parents=True)
    os.umask(0o077)
    try:
        other("apply", profile, "--locked")
    finally:
        os.umask(0o022)
    assert other.current() == machine.current()
    assert other.program("greet").out == "hello 1.0 from greet\n"


def test_update_moves_only_what_is_named(machine: Machine, archive: Archive) -> None:
    profile = write_profile(machine.home / "p.kdl", archive, "greet", "hello")
    machine("lock", profile)
    archive.publish(hello("1.0"), hello("2.0"), greet(), greet("1.5"))
    ran = machine("update", profile, "hello")
    assert "~ debian/hello 1.0 -> 2.0" in ran.out
    assert "greet" not in ran.out.replace(str(profile), "")


def test_dry_run_and_plan_change_nothing(machine: Machine, profile: Path) -> None:
    machine("apply", "--dry-run", profile)
    value = machine("plan", "--json", profile).value
    assert isinstance(value, dict)
    assert [change["id"] for change in value["added"]] == ["debian/base", "debian/greet", "debian/hello"]
    machine("plan", "--detailed-exitcode", profile, code=2)
    assert machine("generations", "--json").value == []


def test_machine_interface(machine: Machine, profile: Path) -> None:
    root = machine.root
    machine("--root", root, "lock", profile)
    applied = machine("--root", root, "apply", profile, "--locked", "--json").value
    assert isinstance(applied, dict)
    assert applied["generation"] == 1
    (row,) = json.loads(machine("--root", root, "generations", "--json").out)
    assert set(row) >= {"number", "digest", "current", "label", "created"}
    assert (row["number"], row["current"], row["label"]) == (1, True, None)
    status = json.loads(machine("--root", root, "status", "--json").out)
    assert (status["current"], status["profile"], status["drift"]) == (1, "p", [])
    assert (root / "System/Links/Executables/greet").exists()
    assert (root / "Programs/Greet/1.0/usr/bin/greet").is_file()


def test_generations_are_shown_compared_marked_and_deleted(machine: Machine, archive: Archive, profile: Path) -> None:
    machine("apply", profile)
    archive.publish(hello("2.0"), greet())
    machine("update", profile)
    machine("apply", profile)
    assert machine("generations", "diff", "1", "2", "--json").value == {
        "added": [],
        "removed": [],
        "changed": [["debian/hello", "1.0", "2.0"]],
    }
    assert "debian/greet" in machine("generations", "show", "1").out
    machine("generations", "label", "1", "before the change")
    machine("generations", "pin", "1")
    rows = machine("generations", "--json").value
    assert isinstance(rows, list)
    assert (rows[0]["label"], rows[0]["pinned"]) == ("before the change", True)
    assert "is the current one" in machine("generations", "delete", "2", code=1).err
    assert "pinned" in machine("generations", "delete", "1", code=1).err
    machine("generations", "pin", "1", "--off")
    machine("generations", "delete", "1")
    assert [row["number"] for row in machine("generations", "--json").value] == [2]  # type: ignore[attr-defined]


LATE = """
import os, signal, sys
from nipsys.cli.main import main
rename = os.rename
def interrupted(source, path, **at):
    rename(source, path, **at)
    if path == "current":
        os.kill(os.getpid(), signal.SIGINT)
os.rename = interrupted
sys.exit(main())
"""


def test_an_interrupt_that_comes_too_late_does_not_say_that_nothing_happened(machine: Machine, archive: Archive, profile: Path) -> None:
    machine("apply", profile)
    archive.publish(hello("2.0"), greet())
    machine("update", profile)
    words = [sys.executable, "-c", LATE, "apply", str(profile)]
    ran = subprocess.run(words, env=machine.environ(), cwd=machine.home, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 130
    assert "untouched" not in ran.stderr
    assert "the current generation is intact (see `nipsys status`)" in ran.stderr
    assert "generation 2 of" in machine("status").out
    machine("gc")
    assert "heal" in machine("history").out


def test_names_of_any_bytes(machine: Machine, archive: Archive) -> None:
    """Such files are in old packages: linked, listed as text and as JSON, and remembered as what lost a bit, whatever the terminal takes."""
    machine.environment["PYTHONIOENCODING"] = "utf-8:strict"
    name = os.fsdecode(b"usr/include/caf\xe9.h")
    archive.publish(Deb("odd", "1", files={name: b"odd\n", "usr/bin/odd": b"#!/bin/sh\n"}))
    profile = write_profile(machine.home / "p.kdl", archive, "odd")
    machine("apply", profile)
    assert (machine.root / "System/Links/Headers" / name.rpartition("/")[2]).read_bytes() == b"odd\n"
    assert name.replace("\udce9", "\\udce9") in machine("files", "odd").out
    assert f"/{name}" in machine("--json", "files", "odd").value["files"]  # type: ignore[index]
    assert "odd" in machine("owns", name).out
    machine("verify")
    assert "nothing to do" in machine("apply", profile).out


def test_links_are_verified_and_repaired(machine: Machine, archive: Archive) -> None:
    """A directory of links is shared with every later generation: what is wrong in it would stay wrong in all."""
    archive.publish(hello("1.0"), greet())
    profile = write_profile(machine.home / "p.kdl", archive, "greet", "hello", more='service "g" exec="greet"')
    machine("apply", profile)
    assert machine("verify").out == "4 of 4 trees verified\n"
    at = machine.root / "System/Links/Executables"
    before = {path.name: os.readlink(path) for path in at.iterdir()}
    (at / "greet").unlink()
    (at / "hello").unlink()
    (at / "hello").symlink_to("/bin/false")
    (at / "planted").write_text("#!/bin/sh\n")
    told = machine("verify", code=1).out
    assert told.splitlines()[:-1] == [
        "MODIFIED generations/1",
        "  missing generations/1/Links/Executables/greet",
        "  changed generations/1/Links/Executables/hello",
        "  extra generations/1/Links/Executables/planted",
    ]
    assert "repaired generations/1/Links/Executables/planted" in machine("verify", "--repair").out
    assert {path.name: os.readlink(path) for path in at.iterdir()} == before
    machine("verify")
    assert list((machine.root / "generations").glob(".new-*")) == []


def test_a_directory_that_is_another_one_is_led_back_and_not_written_into(machine: Machine, archive: Archive) -> None:
    profile = write_profile(machine.home / "p.kdl", archive, "greet", more='service "g" exec="greet"')
    machine("apply", profile)
    links = machine.root / "System/Links"
    before = sorted(os.listdir(links / "Executables"))
    right = os.readlink(links / "Executables")
    (links / "Executables").unlink()
    (links / "Executables").symlink_to(os.readlink(links / "Shared"))
    told = machine("verify", "--repair").out
    assert "repaired generations/1/Links/Executables" in told
    assert os.readlink(links / "Executables") == right
    assert sorted(os.listdir(links / "Executables")) == before
    (machine.root / "generations/1/Links").unlink()  # holds the unit too, so that its name is not told by its links
    assert "missing generations/1/Links\n" in machine("verify", "--repair", code=1).out


def test_install_and_remove_edit_the_profile(machine: Machine, profile: Path) -> None:
    profile.write_text(profile.read_text().replace("packages {", "packages { // mine"))
    machine("apply", profile)
    machine("install", "hello")
    assert machine.program("hello").out == "hello 1.0\n"
    assert "// mine" in profile.read_text()
    machine("remove", "greet")
    assert not (machine.root / "System/Links/Executables/greet").exists()
    before = profile.read_text()
    failed = machine("install", "nothing-of-the-kind", code=1)
    assert "nothing-of-the-kind" in failed.err
    assert profile.read_text() == before


def test_files_of_the_user_follow_the_generation(machine: Machine, archive: Archive) -> None:
    (machine.home / "rc").write_text("one\n")
    profile = write_profile(machine.home / "p.kdl", archive, "hello", more='files { file "~/.hellorc" from="rc" }')
    target = machine.home / ".hellorc"
    machine("apply", profile)
    assert target.read_text() == "one\n"
    (machine.home / "rc").write_text("two\n")
    machine("apply", profile)
    assert target.read_text() == "two\n"
    machine("rollback")
    assert target.read_text() == "one\n"
    target.unlink()
    target.write_text("mine\n")
    assert machine("status", "--json").value["drift"] == ["`~/.hellorc` no longer leads to the profile's file"]  # type: ignore[index]
    (machine.home / "rc").write_text("three\n")
    assert "already exists and is not managed by nipsys" in machine("apply", profile, code=1).err
    assert target.read_text() == "mine\n"
