"""Real commands on real file systems: killed at their system calls, refused by the kernel, cut off from power.

A sample runs always; the whole matrix (marked ``slow``) runs by ``make crash``. What needs root (loop mounts, FS_IOC_SHUTDOWN) is marked so.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import pytest
from matrix import CHANGING, Ended, Point
from scenes import SCENES, Scene, Theatre, debris, finished, look

from nipsys.app.crash.prove import find_damage
from nipsys.effects.disk import RealDisk

FS_IOC_SHUTDOWN = 0x8004587D
LOGFLUSH, NOLOGFLUSH = 1, 2
HOST_DOOR = "/state/host/"
"""One link for each program of the host, all alike: a few of them stand for all."""


class Trial:
    """One scene: its points, and how the place is before and after it."""

    def __init__(self, stage: Theatre, scene: Scene) -> None:
        self.stage, self.scene, self.words = stage, scene, stage.words(scene.words)
        stage.set(scene)
        self.old = look(stage.place, scene)
        every = stage.nursery.points(self.words)
        self.new = look(stage.place, scene)
        self.finished = finished(stage.place)
        assert (self.new != self.old) == scene.changes
        assert debris(stage.place) == []
        alike = [point for point in every if HOST_DOOR in point.line]
        skipped = set(alike[5:-5])
        self.points = [point for point in every if point not in skipped]
        self.changing = [point for point in self.points if point.call in CHANGING]

    def strike(self, point: Point, what: str, *, forgetful: bool = False) -> Ended:
        self.stage.set(self.scene)
        return self.stage.nursery.struck(self.words, point, what, forgetful=forgetful)

    def look(self, point: Point | None, ended: Ended) -> str:
        """Return how the place is now: old or new, whole; new when that was acknowledged."""
        now = look(self.stage.place, self.scene)
        assert now in (self.old, self.new), f"neither old nor new at {point}: {now}\n{self.old}\n{self.new}"
        assert not ended.acknowledged or now == self.new, f"lost what was acknowledged, at {point}"
        return now

    def heal(self, point: Point | None, now: str) -> None:
        """Run again: the new state must be reached and no debris left."""
        done = self.stage.nursery.run(self.words)
        if done.code:  # what was done cannot be done again
            assert now == self.new or self.scene.again, f"does not go through after {point}: {done}"
            done = self.stage.nursery.run(self.stage.words(self.scene.again or ("gc",)))
            assert done.code == 0, f"does not go through after {point}: {done}"
        assert look(self.stage.place, self.scene) == self.new
        assert finished(self.stage.place) == self.finished, f"what follows the switch was not done after {point}"
        assert debris(self.stage.place) == [], point


def sampled(found: Sequence[Point], count: int) -> list[Point]:
    """Every n-th point, the last ones always: that is where the commit is."""
    step = max(1, len(found) // count)
    return sorted({*found[::step], *found[-4:]}, key=found.index)


def kill(trial: Trial, chosen: Sequence[Point]) -> None:
    seen = set()
    for point in chosen:
        ended = trial.strike(point, "signal=KILL")
        assert ended.killed, f"{point} was not reached: {ended}"
        now = trial.look(point, ended)
        seen.add(now)
        trial.heal(point, now)
    assert trial.old in seen


@pytest.mark.parametrize("name", SCENES)
def test_killed_at_a_sample_of_system_calls(stage: Theatre, name: str) -> None:
    trial = Trial(stage, SCENES[name])
    kill(trial, sampled(trial.changing, 10))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SCENES)
def test_killed_at_every_system_call(stage: Theatre, name: str) -> None:
    trial = Trial(stage, SCENES[name])
    kill(trial, trial.points)
    print(f"\n{name}: killed at {len(trial.points)} system calls, 0 bad")


@pytest.mark.parametrize("number", ["TERM", "INT"])
@pytest.mark.parametrize("name", ["apply", "unpack"])
def test_asked_to_stop_it_clears_away_what_it_began(stage: Theatre, name: str, number: str) -> None:
    trial = Trial(stage, SCENES[name])
    seen = set()
    for point in sampled(trial.changing, 10):
        ended = trial.strike(point, f"signal={number}")
        assert ended.code == 130 or ended.acknowledged, (point, ended)
        seen.add(trial.look(point, ended))
        assert debris(stage.place) == [], point
    assert seen == {trial.old, trial.new}


REFUSABLE = CHANGING - {"unlink", "unlinkat", "rmdir", "ftruncate", "utimensat", "fchmod", "chmod"}
"""What a full or failing disk refuses."""
BY_THE_WAY = ("/root/journal", "/root/lock", "/root/profile", "/root/.profile")
"""Files without which everything is as well: what is said of an operation, who waits for whom, which profile is `the` profile."""


def refusable(trial: Trial) -> list[Point]:
    return [point for point in trial.changing if point.call in REFUSABLE and not any(path in point.line for path in BY_THE_WAY)]


def refuse(trial: Trial, chosen: Sequence[Point], error: str) -> None:
    for point in chosen:
        ended = trial.strike(point, f"error={error}")
        now = trial.look(point, ended)
        assert "Traceback" not in ended.told, f"{error} at {point} is not told plainly: {ended.told}"
        if ended.code == 0:  # there was another way, such as a copy for a link
            assert now == trial.new, f"{error} at {point} was swallowed: {ended}"
            assert "sync" not in point.call or "warning" in ended.told, f"{error} at {point} was swallowed: {ended}"
        else:
            assert not ended.acknowledged, point
            assert '"problems"' in ended.answer, f"{error} at {point} is not told: {ended}"
        if point.call == "syncfs" and trial.scene.name != "repair":  # a repair commits nothing, it says that it is not sure
            assert now == trial.old, f"committed over a failed sync at {point}"
        trial.heal(point, now)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_refused_at_a_sample_of_writes_and_at_every_sync(stage: Theatre, name: str, error: str) -> None:
    trial = Trial(stage, SCENES[name])
    every = refusable(trial)
    syncs = [point for point in every if point.call in ("syncfs", "fsync")]
    refuse(trial, sorted({*syncs, *sampled(every, 4)}, key=every.index), error)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_refused_at_every_write_and_sync(stage: Theatre, name: str, error: str) -> None:
    trial = Trial(stage, SCENES[name])
    refuse(trial, refusable(trial), error)
    print(f"\n{name}: {error} at {len(refusable(trial))} calls, 0 bad")


class Medium:
    """The theatre's place on a fresh journaled ext4 in a file, mounted over a loop device, whose power can be cut."""

    def __init__(self, stage: Theatre, scene: Scene, home: Path) -> None:
        self.stage, self.home, self.device = stage, home, ""
        self.base = self.image = home / "base.img"
        stage.clear()
        command("truncate", "-s", "64M", str(self.base))
        command("mkfs.ext4", "-q", "-F", "-O", "has_journal", "-J", "size=8", str(self.base))
        self.attach()
        try:
            stage.set(scene)
        finally:
            self.detach()
        with self:
            self.trial = Trial(stage, scene)

    def attach(self) -> None:
        self.device = command("losetup", "--find", "--show", str(self.image)).strip()
        command("mount", "-o", "commit=300", self.device, self.stage.place)

    def detach(self) -> None:
        """Unmount and wait until the loop device has let go of the file, so that nothing is written to it late."""
        unmount(self.stage.place)
        command("losetup", "--detach", self.device)
        while command("losetup", "--associated", str(self.image)).strip():
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self.image = self.home / "cut.img"
        command("cp", "--sparse=always", str(self.base), str(self.image))
        self.attach()
        return self

    def __exit__(self, *_: object) -> None:
        self.detach()
        self.image.unlink()

    def cut(self, flag: int) -> None:
        """Stop the file system at once, as a power cut does, and mount what is left."""
        descriptor = os.open(self.stage.place, os.O_RDONLY)
        fcntl.ioctl(descriptor, FS_IOC_SHUTDOWN, struct.pack("I", flag))
        os.close(descriptor)
        self.detach()
        self.attach()

    def bad(self, point: Point | None, flag: int, *, forgetful: bool = False) -> str:
        """Strike, cut, look: say what is wrong, nothing when it is as it should be."""
        trial, run = self.trial, self.stage.nursery
        with self:
            if point is None:
                ended = run.run(trial.words, forgetful=forgetful)
            else:
                ended = run.struck(trial.words, point, "signal=KILL", forgetful=forgetful)
                if not ended.killed:
                    return f"{point} was not reached"
            self.cut(flag)
            try:
                trial.heal(point, trial.look(point, ended))
            except (AssertionError, OSError, ValueError) as complaint:
                return f"{point}: {complaint!r}"
        return ""


def unmount(place: str) -> None:
    """Unmount; whoever looks about the machine may hold a directory for a moment."""
    for _ in range(2000):
        if not subprocess.run(["umount", place], check=False, capture_output=True).returncode:
            return
        time.sleep(0.05)
    command("umount", place)


def command(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def medium(stage: Theatre, request: pytest.FixtureRequest) -> Iterator[Medium]:
    home = Path(stage.bases).parent / "medium"
    home.mkdir()
    try:
        made = Medium(stage, SCENES[getattr(request, "param", "apply")], home)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no loop mount here: {error.stderr!r}")
    else:
        yield made
    finally:
        if os.path.ismount(stage.place):
            unmount(stage.place)
        shutil.rmtree(home)


@pytest.mark.root
@pytest.mark.parametrize("medium", ["apply", "rollback", "gc", "unpack"], indirect=True)
@pytest.mark.parametrize("flag", [LOGFLUSH, NOLOGFLUSH])
def test_power_cut_at_a_sample_of_system_calls(medium: Medium, flag: int) -> None:
    assert [bad for point in [*sampled(medium.trial.changing, 6), None] if (bad := medium.bad(point, flag))] == []


@pytest.mark.root
def test_a_power_cut_catches_the_mutant_without_syncs(medium: Medium) -> None:
    """Metadata that reached the journal without the bytes they speak of: files in the store are empty."""
    assert medium.bad(None, LOGFLUSH) == medium.bad(None, NOLOGFLUSH) == ""
    assert [medium.bad(None, flag, forgetful=True) != "" for flag in (LOGFLUSH, NOLOGFLUSH)] == [True, True]


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("medium", SCENES, indirect=True)
@pytest.mark.parametrize("flag", [LOGFLUSH, NOLOGFLUSH])
def test_power_cut_at_every_system_call(medium: Medium, flag: int) -> None:
    """Between two calls that change something the disk does not change: those that only look are no points here."""
    assert [bad for point in [*medium.trial.changing, None] if (bad := medium.bad(point, flag))] == []
    print(f"\n{medium.trial.scene.name}: power cut at {len(medium.trial.changing)} system calls, flag {flag}, 0 bad")


@pytest.mark.root
@pytest.mark.parametrize("medium", ["gc"], indirect=True)
def test_gc_works_without_a_free_byte(medium: Medium) -> None:
    """And what needs space is refused plainly before, and works after it."""
    stage, trial = medium.stage, medium.trial
    with medium:
        filler = Path(stage.place, "filler")
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 16, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))
        command("sync", "-f", stage.place)
        full = os.statvfs(stage.place)
        assert full.f_bavail == 0
        refused = stage.nursery.run(stage.words(("--offline", "apply", "{home}/one.kdl")))
        assert refused.code == 1
        assert '"disk-full"' in refused.answer
        assert look(stage.place, trial.scene) == trial.old
        done = stage.nursery.run(trial.words)
        assert done.code == 0, done
        assert look(stage.place, trial.scene) == trial.new
        command("sync", "-f", stage.place)
        assert os.statvfs(stage.place).f_bfree > full.f_bfree
        filler.unlink()
        assert stage.nursery.run(stage.words(("--offline", "apply", "{home}/one.kdl"))).code == 0


@pytest.mark.parametrize("other", [("gc", "--keep", "1"), ("--offline", "apply", "{home}/two.kdl")])
def test_a_second_command_waits_and_says_for_whom(stage: Theatre, other: tuple[str, ...]) -> None:
    """An apply is held up while it has the lock; a gc that comes then must not take its trees, nor another apply make them twice."""
    stage.set(SCENES["apply"])
    words = ["-m", "nipsys", "--progress", "plain", *stage.words(other)]
    lock, ended = Path(stage.place, "root/lock"), threading.Event()

    def visit() -> tuple[int, str, str]:
        while not (holder := lock.read_text() if lock.exists() else ""):
            assert not ended.wait(0.01), "it never had the lock"
        with subprocess.Popen(
            [sys.executable, *words], env=stage.nursery.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as second:
            assert second.stderr is not None
            told = ""
            while "waiting for process" not in told and (line := second.stderr.readline()):
                told += line
            while not ended.wait(0.05):  # the first one stops once, before or after this
                with contextlib.suppress(ProcessLookupError):
                    os.kill(json.loads(holder)["pid"], signal.SIGCONT)
            answer, rest = second.communicate(timeout=300)
            return second.returncode, answer, told + rest

    with ThreadPoolExecutor(1) as pool:
        visitor = pool.submit(visit)
        hold = ("-e", "trace=syncfs", "-e", "inject=syncfs:signal=STOP:when=1", "-o", "/dev/null")
        done = stage.nursery.run(stage.words(SCENES["apply"].words), *hold)
        ended.set()
        code, answer, told = visitor.result()
    assert done.code == 0, done
    assert code == 0, (answer, told)
    assert "waiting for process" in told
    assert f"`nipsys {' '.join(stage.words(SCENES['apply'].words)).removeprefix('--json --offline ')}" in told
    assert find_damage(RealDisk(f"{stage.place}/root")) == ""
    assert os.readlink(f"{stage.place}/root/current") == "generations/2"


def test_after_an_unpack_nothing_is_fetched_or_built(stage: Theatre) -> None:
    """A machine that has nothing but the file, the profile and its lock."""
    stage.set(SCENES["unpack"])
    shutil.rmtree(f"{stage.place}/root")
    assert stage.nursery.run(stage.words(SCENES["unpack"].words)).code == 0
    done = stage.nursery.run(stage.words(("--offline", "plan", "{home}/two.kdl")))
    plan = json.loads(done.answer)
    assert (plan["fetch"], plan["build"], plan["nothing"]) == ([], [], True), done


def test_prove_tries_the_last_plan_of_this_root(stage: Theatre) -> None:
    stage.set(SCENES["rollback"])
    done = stage.nursery.run(["prove", "--states", "6"])
    told = re.fullmatch(r"(\d+) states, 0 bad\n", done.answer)
    assert done.code == 0, done
    assert told, done
    assert int(told[1]) > 1000
