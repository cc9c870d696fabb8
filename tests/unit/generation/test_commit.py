"""The commit of a generation: durable when it returns, and nothing is left of one that failed."""

import errno

import pytest
from toy_systems import numbered_system

from nipsys.effects.clock import FixedClock
from nipsys.effects.disk import RealDisk
from nipsys.effects.disk.faulty import FaultPlan, FaultyDisk, Killed
from nipsys.effects.disk.simulated import SimulatedDisk
from nipsys.generation import Generations
from nipsys.generation.stage import Published
from nipsys.generation.switch import switch_current
from nipsys.model.problem import Rejected


@pytest.mark.parametrize("failing", ["publish", "switch"])
def test_a_generation_that_cannot_be_made_current_is_discarded(
    generations: Generations, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "input/output error")

    staged = generations.stage(numbered_system(4))
    if failing == "publish":
        syncs = iter([None, refuse])  # the shared directories, then the generation itself
        real = RealDisk.sync_directory
        monkeypatch.setattr(RealDisk, "sync_directory", lambda self, path="": (next(syncs, None) or real)(self, path))
    else:
        monkeypatch.setattr(Published, "switch", refuse)
    with pytest.raises((Rejected, OSError)):
        generations.commit(staged)
    monkeypatch.undo()
    assert generations.numbers() == (1, 2, 3)
    assert generations.current_number() == 3


def current_after_power_cut(disk: SimulatedDisk) -> int | None:
    """Return the current generation when nothing that was not synced survives."""
    return Generations("/", disk.after_crash(()), clock=FixedClock()).current_number()


def test_a_commit_is_durable_when_it_returns() -> None:
    disk = SimulatedDisk()
    generations = Generations("/", disk, clock=FixedClock())
    for number in (1, 2):
        generations.commit(generations.stage(numbered_system(number)))
        assert current_after_power_cut(disk) == number
    generations.rollback()
    assert current_after_power_cut(disk) == 1


def test_a_switch_to_a_generation_is_durable_when_it_returns() -> None:
    disk = SimulatedDisk()
    switch_current(disk, 7)
    assert disk.after_crash(()).readlink("current") == "generations/7"


def test_a_killed_switch_does_not_stop_the_next_one() -> None:
    disk = SimulatedDisk()
    with pytest.raises(Killed):
        switch_current(FaultyDisk(disk, FaultPlan(crash_at=1)), 7)
    assert [name for name, _ in disk.list_entries()] == [".new-current"]
    switch_current(disk, 8)
    assert dict(disk.list_entries()) == {"current": "link"}
    assert disk.readlink("current") == "generations/8"


def test_a_switch_that_may_not_be_durable_is_reported() -> None:
    disk = SimulatedDisk()
    with pytest.raises(Rejected) as caught:
        switch_current(FaultyDisk(disk, FaultPlan(error=errno.EIO, fail_at=0, counted=("sync_directory",))), 7)
    assert [problem.code for problem in caught.value.problems] == ["not-durable"]
    assert disk.readlink("current") == "generations/7"
