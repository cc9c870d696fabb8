"""Every verb killed at every effect of a modelled disk, with every kind of power cut; and what the kernel may refuse."""

import errno

import pytest

from nipsys.app.crash.miniature import ModelStep, build_model
from nipsys.app.crash.prove import RootOperation, find_damage, list_operations, prove_operations
from nipsys.app.crash.prove import _prepare_disk as begun
from nipsys.app.crash.prove import _visible_state as state
from nipsys.effects.disk.faulty import FaultPlan, FaultyDisk
from nipsys.effects.disk.simulated import SimulatedDisk
from nipsys.model.digest import blake3_of
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import PlacedPackage, System, WorldView


def placed(name: str, version: str) -> PlacedPackage:
    return PlacedPackage(f"debian/{name}", name, version, blake3_of(f"{name} {version}".encode()), f"{name}-{version}", True)


def system(*packages: PlacedPackage) -> System:
    return System("p", "blake3:p", "blake3:l", "x86_64", packages, (WorldView("debian", "blake3:k", "k-debian-view", "view"),))


@pytest.fixture(scope="module")
def world() -> ModelStep:
    old = system(placed("git", "1"), placed("zlib", "1"))
    new = system(placed("git", "2"), placed("zlib", "1"))
    return build_model(old, new, lambda _: None)


NAMES = [verb.name for verb in list_operations(build_model(None, system(placed("a", "1")), lambda _: None))]


def named(world: ModelStep, name: str) -> RootOperation:
    return next(verb for verb in list_operations(world) if verb.name == name)


@pytest.mark.parametrize("name", NAMES)
def test_killed_or_powered_off_anywhere(world: ModelStep, name: str) -> None:
    proof = prove_operations([named(world, name)], limit=48)
    assert proof.states > proof.points > 3
    assert not proof.bad_states, proof.bad_states[:3]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_more_power_cuts(world: ModelStep, name: str) -> None:
    proof = prove_operations([named(world, name)], limit=1024, seed=2)
    assert not proof.bad_states, proof.bad_states[:3]


@pytest.mark.parametrize("forgotten", [("sync",), ("sync", "sync_directory")])
def test_the_mutant_without_syncs_is_caught(world: ModelStep, forgotten: tuple[str, ...]) -> None:
    proof = prove_operations([named(world, "apply")], limit=24, forgets=forgotten)
    assert any(fault.how == "power cut" for fault in proof.bad_states)


def test_the_mutant_that_loses_what_it_acknowledged_is_caught(world: ModelStep) -> None:
    proof = prove_operations([named(world, "rollback")], limit=24, forgets=("sync_directory",))
    assert any("neither old nor new" in fault.why for fault in proof.bad_states)


def test_a_torn_tree_is_seen(world: ModelStep) -> None:
    """The judge itself must be able to fail: a file of a tree loses its bytes."""
    disk = begun(named(world, "apply"))
    assert find_damage(disk) == ""
    directory = world.old.system.packages[0].directory
    disk.remove(f"store/{directory}/.id")
    disk.write(f"store/{directory}/.id", (b"",))
    assert "MODIFIED" in find_damage(disk)


def effects_of(verb: RootOperation) -> list[str]:
    fate = FaultPlan()
    verb.run(FaultyDisk(begun(verb), fate))
    return fate.log


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_what_the_kernel_refuses_leaves_old_or_new(world: ModelStep, name: str, number: int) -> None:
    """Each effect refused once: a clear error, the old or new system whole, and the next run goes through."""
    verb = named(world, name)
    old = state(begun(verb))
    done = begun(verb)
    verb.run(done)
    new = state(done)
    for place, effect in enumerate(effects_of(verb)):
        disk = begun(verb)
        fate = FaultPlan(error=number, fail_at=place)
        try:
            verb.run(FaultyDisk(disk, fate))
            refused = False
        except (Rejected, OSError):
            refused = True
        if not refused:  # an inode may have all the names it can have: then a copy does
            assert effect == "link", f"{name}: error {number} at {effect} {place} was swallowed"
            assert state(disk) == new
        assert find_damage(disk) == ""
        assert state(disk) in (old, new)
        verb.run(disk)
        assert state(disk) == new
        assert find_damage(disk) == ""


def test_a_failed_sync_never_commits(world: ModelStep) -> None:
    verb = named(world, "apply")
    old = state(begun(verb))
    syncs = [place for place, effect in enumerate(effects_of(verb)) if effect == "sync"]
    assert len(syncs) == 3  # trees, views, generation
    for place in syncs:
        disk = begun(verb)
        with pytest.raises(Rejected) as caught:
            verb.run(FaultyDisk(disk, FaultPlan(error=errno.EIO, fail_at=place)))
        assert caught.value.problems[0].code == "disk-error"
        assert state(disk) == old
        for number in range(1 << min(len(disk.pending), 6)):
            assert state(disk.after_crash(bit for bit in range(6) if number >> bit & 1 and bit < len(disk.pending))) == old


def test_the_model_forgets_as_a_disk_does() -> None:
    disk = SimulatedDisk()
    disk.mkdir("a")
    disk.write("a/f", (b"bytes",))
    assert len(disk.pending) == 3
    assert disk.after_crash((0, 1)).read("a/f") == b""
    assert disk.after_crash((1, 2)).lstat("a") is None
    disk.sync_directory("a")
    assert disk.after_crash(()).lstat("a") is None  # the name of `a` itself is in the directory above
    disk.sync_directory()
    assert disk.after_crash(()).read("a/f") == b""
    disk.sync()
    disk.rename("a", "b")
    assert [kind for _, kind in disk.after_crash(()).list_entries()] == ["directory"]
    assert disk.after_crash(()).lstat("b") is None
    assert disk.after_crash((0,)).lstat("a") is None
