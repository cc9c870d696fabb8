"""Whatever is wrong ends in a clear message and exit code 1; the old generation is untouched and the store holds no debris."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from debian_maker import Deb, Repository, Signer
from machine import Archive, Machine, Ran, greet, hello, write_profile


@pytest.fixture
def applied(machine: Machine, profile: Path) -> Iterator[Machine]:
    """Return a machine with generation 1; afterwards it must still be what it was."""
    machine("apply", profile)
    before, store, listed = machine.current(), machine.store(), machine.program("greet").out
    yield machine
    assert machine.current() == before
    assert machine.store() == store
    assert machine.program("greet").out == listed


def refused(machine: Machine, *words: str | Path) -> str:
    """Run a command that must fail in a way a person understands; give what it said."""
    ran: Ran = machine(*words, code=1)
    assert "Traceback" not in ran.err
    assert ran.err.strip()
    return ran.err


def changed(profile: Path, old: str, new: str) -> Path:
    text = profile.read_text()
    assert old in text
    profile.write_text(text.replace(old, new))
    return profile


def test_unknown_package(applied: Machine, profile: Path) -> None:
    said = refused(applied, "apply", changed(profile, "greet", "gret"))
    assert "p.kdl:4:5" in said
    assert "`gret`" in said
    assert "greet" in said.replace("gret\n", "")


def test_unknown_key(applied: Machine, profile: Path) -> None:
    said = refused(applied, "apply", changed(profile, "greet", 'greet versoin="1"'))
    assert "versoin" in said
    assert "p.kdl:4:" in said


def test_unreachable_mirror(applied: Machine, archive: Archive, profile: Path) -> None:
    changed(profile, archive.server.url, "http://127.0.0.1:9")
    assert "127.0.0.1:9" in refused(applied, "apply", profile)


def test_unknown_suite(applied: Machine, profile: Path) -> None:
    said = refused(applied, "apply", changed(profile, 'suite="stable"', 'suite="stabel"'))
    assert "has no suite `stabel`" in said
    assert "p.kdl:2:8" in said


def test_no_mirror_known(machine: Machine, profile: Path) -> None:
    """On a host with no apt configuration the message says how to name a mirror."""
    profile.write_text('profile "p"\nsource "debian" suite="stable"\npackages { hello; }\n')
    hidden = [
        "unshare",
        "-Urm",
        "sh",
        "-c",
        'mount -t tmpfs none /etc/apt && exec "$@"',
        "sh",
        sys.executable,
        "-m",
        "nipsys",
        "lock",
        str(profile),
    ]
    ran = subprocess.run(hidden, env=machine.environ(), cwd=machine.home, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert 'mirror="' in ran.stderr
    assert "NIPSYS_DEBIAN_MIRROR" in ran.stderr


def test_signed_by_another_key(applied: Machine, archive: Archive, profile: Path, tmp_path: Path) -> None:
    other = Signer(tmp_path / "others", "other")
    archive.publish(hello("2.0"), greet(), signer=other)
    other.close()
    said = refused(applied, "update", profile)
    assert "signature" in said or "sign" in said


def test_expired_release(applied: Machine, archive: Archive, profile: Path) -> None:
    archive.publish(hello("2.0"), greet(), until="2020-01-01T00:00:00Z")
    assert "expired" in refused(applied, "update", profile)


def test_release_older_than_seen(applied: Machine, archive: Archive, profile: Path) -> None:
    archive.publish(hello("2.0"), greet(), date="2019-01-01T00:00:00Z")
    assert "older" in refused(applied, "update", profile)


def test_digest_mismatch(applied: Machine, archive: Archive, profile: Path) -> None:
    archive.publish(hello("2.0"), greet())
    applied("update", profile)
    deb = next(archive.server.root.glob("pool/**/hello_2.0_amd64.deb"))
    content = bytearray(deb.read_bytes())
    content[len(content) // 2] ^= 1
    deb.write_bytes(content)
    said = refused(applied, "apply", profile)
    assert "hello_2.0" in said
    assert "digest" in said or "sha256" in said


def test_truncated_deb(applied: Machine, archive: Archive, profile: Path) -> None:
    archive.publish(hello("2.0"), greet())
    applied("update", profile)
    deb = next(archive.server.root.glob("pool/**/hello_2.0_amd64.deb"))
    deb.write_bytes(deb.read_bytes()[:-300])
    assert "hello_2.0" in refused(applied, "apply", profile)


def member(name: str, **facts: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in facts.items():
        setattr(info, key, value)
    return info


HOSTILE = {
    "climbs": member("./../../etc/evil", size=4),
    "absolute": member("/etc/evil", size=4),
    "device": member("./dev/sda", type=tarfile.BLKTYPE, devmajor=8, devminor=0),
    "pipe": member("./run/pipe", type=tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("info", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_members(applied: Machine, archive: Archive, profile: Path, info: tarfile.TarInfo) -> None:
    work = archive.server.root.parent / "evil"
    work.mkdir()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        packed.addfile(info, io.BytesIO(b"evil"))
    (work / "data.tar.gz").write_bytes(buffer.getvalue())
    made = Deb("hello", "2.0").build(work, work / "pool")
    subprocess.run(["ar", "d", made, "data.tar.xz"], check=True)
    subprocess.run(["ar", "q", made, work / "data.tar.gz"], check=True, capture_output=True)
    target = archive.server.root / "pool/main/hello_2.0_amd64.deb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made.read_bytes())
    archive.publish(hello("2.0"), greet())
    applied("update", profile)
    said = refused(applied, "apply", profile)
    assert info.name.lstrip("./") in said
    assert "hello" in said
    assert not Path("/etc/evil").exists()


def test_full_disk(applied: Machine, archive: Archive, profile: Path) -> None:
    """A limit on the size of files stands in for the full disk: the kernel refuses the write either way."""
    files = {"usr/share/big": os.urandom(3 << 20)}
    archive.publish(hello("1.0"), greet("2.0"), Deb("big", "1", files=files))
    changed(profile, "    greet", "    greet\n    big")
    applied("lock", profile)
    program = (
        "import resource, runpy, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)); sys.argv = ['nipsys', *sys.argv[1:]]\n"
        "runpy.run_module('nipsys', run_name='__main__')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "apply", profile],
        env=applied.environ(),
        cwd=applied.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "too large" in ran.stderr.lower() or "space" in ran.stderr.lower()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_root_that_cannot_be_written(machine: Machine, profile: Path) -> None:
    machine.root.mkdir(mode=0o555)
    said = refused(machine, "--root", machine.root / "inside", "apply", profile)
    assert "--root" in said


def test_second_apply_waits_and_says_for_whom(machine: Machine, archive: Archive, profile: Path) -> None:
    machine("lock", profile)
    held = subprocess.Popen(
        [sys.executable, "-c", f"from nipsys.effects.filelock import hold_lock\nwith hold_lock({str(machine.root / 'lock')!r}, command='nipsys hold'):\n    print('held', flush=True)\n    input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    second = machine.start("--progress", "plain", "apply", profile)
    assert second.stderr is not None
    lines = []
    while not any("waiting" in line for line in lines):
        lines.append(second.stderr.readline())
        assert lines[-1], lines
    assert f"process {held.pid}" in lines[-1]
    assert "nipsys hold" in lines[-1]
    assert second.poll() is None
    held.communicate("\n")
    _, errors = second.communicate(timeout=300)
    assert second.returncode == 0, errors
    assert machine.current()[0] == 1


def test_lock_edited_by_hand(applied: Machine, profile: Path) -> None:
    lock = profile.with_suffix(".lock.kdl")
    text = lock.read_text()
    lock.write_text(text.replace('"1.0"', '"1.1"', 1))
    said = refused(applied, "apply", profile)
    assert "p.lock.kdl" in said
    assert "nipsys lock" in said


def test_stale_lock(applied: Machine, profile: Path) -> None:
    changed(profile, "    greet", "    greet\n    hello")
    assert "nipsys lock" in refused(applied, "apply", profile, "--locked")


def test_empty_profile(applied: Machine, profile: Path) -> None:
    changed(profile, "    greet\n", "")
    assert "--allow-empty" in refused(applied, "apply", profile)


def test_empty_profile_on_request(machine: Machine, profile: Path) -> None:
    machine("apply", profile)
    changed(profile, "    greet\n", "")
    machine("apply", profile, "--allow-empty")
    assert not list((machine.root / "System/Links").glob("Executables/*"))
    machine("rollback")
    assert machine.program("greet").code == 0


def test_nothing_to_roll_back_to(machine: Machine, profile: Path) -> None:
    assert "no generation" in refused(machine, "rollback")
    machine("apply", profile)
    assert "no generation is older than 1" in refused(machine, "rollback")
    assert "generation 7 does not exist" in refused(machine, "rollback", "--to", "7")


def test_conflict_is_told_with_reasons(applied: Machine, archive: Archive, profile: Path) -> None:
    archive.publish(hello("1.0"), greet("2.0", depends="hello (>= 5)"))
    said = refused(applied, "update", profile)
    assert "hello" in said
    assert ">= 5" in said


def test_usage_mistakes_exit_with_three(machine: Machine, profile: Path) -> None:
    said = machine("aply", code=3).err
    assert "unknown command `aply`" in said
    assert "`nipsys apply`" in said
    assert "unknown argument `--nonsense`" in machine("status", "--nonsense", code=3).err
    assert "unknown argument `--nonsense`" in machine("plan", profile, "--detailed-exitcode", "--nonsense", code=3).err
    assert machine("plan", profile, "--detailed-exitcode", code=2).out


def test_no_debris_after_a_failed_first_apply(machine: Machine, archive: Archive, profile: Path) -> None:
    next(archive.server.root.glob("pool/**/hello_1.0_amd64.deb")).unlink()
    refused(machine, "apply", profile)
    assert not [path for path in machine.store() if not path.rpartition("/")[2].startswith(".")]
    assert not list((machine.root / "generations").glob("[0-9]*"))


def test_two_packages_own_one_program(machine: Machine, archive: Archive) -> None:
    other = Deb("other", "1", files={"usr/bin/hello": b"#!/bin/sh\necho other\n"})
    second = Repository(archive.server.root / "second", archive.repository.signer)
    second.root.mkdir()
    from machine import base

    second.publish("stable", [base(), other])
    profile = write_profile(machine.home / "p.kdl", archive, "hello", "other")
    profile.write_text(
        f'profile "p"\n{archive.source()}\n{archive.source(name="two", mirror=archive.server.url + "/second")}\npackages {{ hello source="debian"; other source="two"; }}\n'
    )
    said = refused(machine, "apply", profile)
    assert "`hello`" in said
    assert "priority=" in said
    changed(profile, 'other source="two"', 'other source="two" priority=10')
    machine("apply", profile)
    assert machine.program("hello").out == "other\n"
