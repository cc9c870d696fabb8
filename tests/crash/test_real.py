"""The real process on real file systems: killed at its system calls, refused by the kernel, cut off from power.

A sample runs always; the whole matrix (marked ``slow``) runs by ``make crash``. What needs root (loop mounts, FS_IOC_SHUTDOWN) is marked so.
"""

import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Self

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import matrix

VERBS = ("setup", "apply", "rollback", "gc")
FS_IOC_SHUTDOWN = 0x8004587D
LOGFLUSH, NOLOGFLUSH = 1, 2

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt: strace)")


def prepare(root: str, verb: str) -> None:
    before = {"setup": (), "apply": ("setup",), "rollback": ("setup", "apply"), "gc": ("setup", "apply")}[verb]
    os.makedirs(root)
    for step in before:
        done = matrix.run(root, step)
        assert done.returncode == 0, done.stderr


class Bench:
    """A root as it is before a verb, made anew for each strike."""

    def __init__(self, path: pathlib.Path, verb: str) -> None:
        self.base, self.root, self.verb = str(path / "base"), str(path / "root"), verb
        prepare(self.base, verb)
        self.old = matrix.state(self.base)
        self.fresh()
        self.points = matrix.points(self.root, verb, str(path / "log"))
        self.new = matrix.state(self.root)
        assert self.new != self.old
        self.debris = debris(self.root)

    def fresh(self) -> str:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.base, self.root, symlinks=True)
        return self.root

    def healed(self) -> None:
        """Run again: the new state must be reached and no debris left."""
        done = matrix.run(self.root, self.verb)
        assert done.returncode == 0, done.stderr
        assert matrix.state(self.root) == self.new
        assert debris(self.root) == self.debris == []


def debris(root: str) -> list[str]:
    return [os.path.join(top, name) for top, names, files in os.walk(root) for name in (*names, *files) if name.startswith(".new-")]


def sampled(found: list[tuple[str, int]], count: int) -> list[tuple[str, int]]:
    """Every n-th point, the last ones always: that is where the commit is."""
    step = max(1, len(found) // count)
    return sorted({*found[::step], *found[-4:]}, key=found.index)


def kill(bench: Bench, chosen: list[tuple[str, int]]) -> None:
    seen = set()
    for point in chosen:
        bench.fresh()
        struck = matrix.strike(bench.root, bench.verb, point, "signal=KILL")
        assert struck.killed, f"{point} was not reached: {struck}"
        now = matrix.state(bench.root)
        assert now in (bench.old, bench.new), point
        if struck.committed:
            assert now == bench.new, point
        seen.add(now == bench.new)
        bench.healed()
    assert False in seen


@pytest.mark.parametrize("verb", ["apply", "gc"])
def test_killed_at_a_sample_of_system_calls(tmp_path: pathlib.Path, verb: str) -> None:
    bench = Bench(tmp_path, verb)
    changing = [point for point in bench.points if point[0] in matrix.CHANGING]
    kill(bench, sampled(changing, 7))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_every_system_call(tmp_path: pathlib.Path, verb: str) -> None:
    bench = Bench(tmp_path, verb)
    assert len(bench.points) > 60
    kill(bench, bench.points)


@pytest.mark.parametrize("number", ["TERM", "INT"])
def test_asked_to_stop_it_clears_away_what_it_began(tmp_path: pathlib.Path, number: str) -> None:
    bench = Bench(tmp_path, "apply")
    changing = [point for point in bench.points if point[0] in matrix.CHANGING]
    seen = set()
    for point in sampled(changing, 5):
        bench.fresh()
        struck = matrix.strike(bench.root, bench.verb, point, f"signal={number}")
        now = matrix.state(bench.root)
        assert now in (bench.old, bench.new), point
        assert struck.code != 0 or struck.committed, point
        assert debris(bench.root) == [], point
        seen.add(now == bench.new)
        bench.healed()
    assert seen == {False, True}


REFUSABLE = {"write", "fsync", "syncfs", "mkdirat", "symlinkat", "linkat", "renameat"}


def refuse(bench: Bench, chosen: list[tuple[str, int]], error: str) -> None:
    for point in chosen:
        bench.fresh()
        struck = matrix.strike(bench.root, bench.verb, point, f"error={error}")
        now = matrix.state(bench.root)
        assert now in (bench.old, bench.new), point
        assert struck.code != 0, f"{error} at {point} was swallowed"
        assert not struck.committed, point
        assert "Rejected: " in struck.said, f"{error} at {point} is not told plainly: {struck.said}"
        if point[0] == "syncfs":
            assert now == bench.old, f"committed over a failed sync at {point}"
        bench.healed()


def refusable(bench: Bench) -> list[tuple[str, int]]:
    return [point for point in bench.points if point[0] in REFUSABLE]


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_refused_at_a_sample_of_writes_and_at_every_sync(tmp_path: pathlib.Path, error: str) -> None:
    bench = Bench(tmp_path, "apply")
    every = refusable(bench)
    refuse(bench, sorted({*(p for p in every if p[0] == "syncfs"), *sampled(every, 2)}, key=every.index), error)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_refused_at_every_write_and_sync(tmp_path: pathlib.Path, verb: str, error: str) -> None:
    bench = Bench(tmp_path, verb)
    refuse(bench, refusable(bench), error)


class Medium:
    """A fresh journaled ext4 in a file, mounted over a loop device, whose power can be cut."""

    def __init__(self, path: pathlib.Path, verb: str) -> None:
        self.path, self.mount, self.verb = path, path / "mount", verb
        self.base, self.image, self.device, self.count = path / "base.img", path / "base.img", "", 0
        self.mount.mkdir()
        self.root = str(self.mount / "root")
        command("truncate", "-s", "48M", str(self.base))
        command("mkfs.ext4", "-q", "-F", "-O", "has_journal", "-J", "size=8", str(self.base))
        self.attach()
        try:
            prepare(self.root, verb)
            self.old = matrix.state(self.root)
        finally:
            self.detach()
        with self:
            self.points = matrix.points(self.root, verb, str(path / "log"), changing=True)
            self.new = matrix.state(self.root)

    def attach(self) -> None:
        self.device = command("losetup", "--find", "--show", str(self.image)).strip()
        command("mount", "-o", "commit=300", self.device, str(self.mount))

    def detach(self) -> None:
        """Unmount and wait until the loop device has let go of the file, so that nothing is written to it late."""
        command("umount", str(self.mount))
        command("losetup", "--detach", self.device)
        while command("losetup", "--associated", str(self.image)).strip():
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self.count += 1
        self.image = self.path / f"cut{self.count}.img"
        command("cp", "--sparse=always", str(self.base), str(self.image))
        self.attach()
        return self

    def __exit__(self, *_: object) -> None:
        self.detach()
        self.image.unlink()

    def cut(self, flag: int) -> None:
        """Stop the file system at once, as a power cut does, and mount what is left."""
        descriptor = os.open(self.mount, os.O_RDONLY)
        fcntl.ioctl(descriptor, FS_IOC_SHUTDOWN, struct.pack("I", flag))
        os.close(descriptor)
        self.detach()
        self.attach()

    def bad(self, point: tuple[str, int] | None, flag: int, *options: str) -> str:
        """Strike, cut, look: say what is wrong, nothing when it is as it should be."""
        with self:
            if point is None:
                committed = "COMMITTED" in matrix.run(self.root, self.verb, *options).stdout
            else:
                struck = matrix.strike(self.root, self.verb, point, "signal=KILL", *options)
                committed = struck.committed
                if not struck.killed:
                    return f"{point} was not reached"
            self.cut(flag)
            try:
                now = matrix.state(self.root)
            except AssertionError as complaint:
                return f"{point}: {complaint}"
            if now != self.new and (committed or now != self.old):
                return f"{point}: {'lost what was acknowledged' if committed else 'neither old nor new'}"
            done = matrix.run(self.root, self.verb)
            if done.returncode or matrix.state(self.root) != self.new or debris(self.root):
                return f"{point}: does not heal: {done.stderr}"
        return ""


def command(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def medium(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[Medium]:
    try:
        made = Medium(tmp_path, getattr(request, "param", "apply"))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no loop mount here: {error.stderr!r}")
    yield made
    if os.path.ismount(made.mount):
        made.detach()


@pytest.mark.root
@pytest.mark.parametrize("flag", [LOGFLUSH, NOLOGFLUSH])
def test_power_cut_at_a_sample_of_system_calls(medium: Medium, flag: int) -> None:
    assert [bad for point in [*sampled(medium.points, 5), None] if (bad := medium.bad(point, flag))] == []


@pytest.mark.root
def test_a_power_cut_catches_the_mutant_without_syncs(medium: Medium) -> None:
    """Metadata that reached the journal without the bytes they speak of: files in the store are empty."""
    assert medium.bad(None, LOGFLUSH) == medium.bad(None, NOLOGFLUSH) == ""
    assert [medium.bad(None, flag, "no-sync") != "" for flag in (LOGFLUSH, NOLOGFLUSH)] == [True, True]


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("medium", VERBS, indirect=True)
@pytest.mark.parametrize("flag", [LOGFLUSH, NOLOGFLUSH])
def test_power_cut_at_every_system_call(medium: Medium, flag: int) -> None:
    assert [bad for point in [*medium.points, None] if (bad := medium.bad(point, flag))] == []
