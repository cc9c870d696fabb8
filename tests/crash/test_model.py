"""Every verb killed at every effect of a modelled disk, with every kind of power cut; and what the kernel may refuse."""

import errno

import pytest

from nipsys.app.crash.miniature import World, world_of
from nipsys.app.crash.prove import Verb, prove, unsound, verbs
from nipsys.app.crash.prove import _begun as begun
from nipsys.app.crash.prove import _state as state
from nipsys.effects.disk.faulty import Fate, FaultyDisk
from nipsys.effects.disk.simulated import ModelDisk
from nipsys.model.digest import blake3_of
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import Placed, System, WorldView


def placed(name: str, version: str) -> Placed:
    return Placed(f"debian/{name}", name, version, blake3_of(f"{name} {version}".encode()), f"{name}-{version}", True)


def system(*packages: Placed) -> System:
    return System("p", "blake3:p", "blake3:l", "x86_64", packages, (WorldView("debian", "blake3:k", "k-debian-view", "view"),))


@pytest.fixture(scope="module")
def world() -> World:
    old = system(placed("git", "1"), placed("zlib", "1"))
    new = system(placed("git", "2"), placed("zlib", "1"))
    return world_of(old, new, lambda _: None)


NAMES = [verb.name for verb in verbs(world_of(None, system(placed("a", "1")), lambda _: None))]


def named(world: World, name: str) -> Verb:
    return next(verb for verb in verbs(world) if verb.name == name)


@pytest.mark.parametrize("name", NAMES)
def test_killed_or_powered_off_anywhere(world: World, name: str) -> None:
    proof = prove([named(world, name)], limit=48)
    assert proof.states > proof.points > 3
    assert not proof.bad, proof.bad[:3]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_more_power_cuts(world: World, name: str) -> None:
    proof = prove([named(world, name)], limit=1024, seed=2)
    assert not proof.bad, proof.bad[:3]


@pytest.mark.parametrize("forgotten", [("sync",), ("sync", "sync_directory")])
def test_the_mutant_without_syncs_is_caught(world: World, forgotten: tuple[str, ...]) -> None:
    proof = prove([named(world, "apply")], limit=24, forgets=forgotten)
    assert any(fault.how == "power cut" for fault in proof.bad)


def test_the_mutant_that_loses_what_it_acknowledged_is_caught(world: World) -> None:
    proof = prove([named(world, "rollback")], limit=24, forgets=("sync_directory",))
    assert any("neither old nor new" in fault.why for fault in proof.bad)


def test_a_torn_tree_is_seen(world: World) -> None:
    """The judge itself must be able to fail: a file of a tree loses its bytes."""
    disk = begun(named(world, "apply"))
    assert unsound(disk) == ""
    directory = world.old.system.packages[0].directory
    disk.remove(f"store/{directory}/.id")
    disk.write(f"store/{directory}/.id", (b"",))
    assert "MODIFIED" in unsound(disk)


def effects_of(verb: Verb) -> list[str]:
    fate = Fate()
    verb.enact(FaultyDisk(begun(verb), fate))
    return fate.log


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_what_the_kernel_refuses_leaves_old_or_new(world: World, name: str, number: int) -> None:
    """Each effect refused once: a clear error, the old or new system whole, and the next run goes through."""
    verb = named(world, name)
    old = state(begun(verb))
    done = begun(verb)
    verb.enact(done)
    new = state(done)
    for place, effect in enumerate(effects_of(verb)):
        disk = begun(verb)
        fate = Fate(error=number, fails_at=place)
        try:
            verb.enact(FaultyDisk(disk, fate))
            refused = False
        except (Rejected, OSError):
            refused = True
        if not refused:  # an inode may have all the names it can have: then a copy does
            assert effect == "link", f"{name}: error {number} at {effect} {place} was swallowed"
            assert state(disk) == new
        assert unsound(disk) == ""
        assert state(disk) in (old, new)
        verb.enact(disk)
        assert state(disk) == new
        assert unsound(disk) == ""


def test_a_failed_sync_never_commits(world: World) -> None:
    verb = named(world, "apply")
    old = state(begun(verb))
    syncs = [place for place, effect in enumerate(effects_of(verb)) if effect == "sync"]
    assert len(syncs) == 3  # trees, views, generation
    for place in syncs:
        disk = begun(verb)
        with pytest.raises(Rejected) as caught:
            verb.enact(FaultyDisk(disk, Fate(error=errno.EIO, fails_at=place)))
        assert caught.value.problems[0].code == "disk-error"
        assert state(disk) == old
        for number in range(1 << min(len(disk.pending), 6)):
            assert state(disk.crashed(bit for bit in range(6) if number >> bit & 1 and bit < len(disk.pending))) == old


def test_the_model_forgets_as_a_disk_does() -> None:
    disk = ModelDisk()
    disk.mkdir("a")
    disk.write("a/f", (b"bytes",))
    assert len(disk.pending) == 3
    assert disk.crashed((0, 1)).read("a/f") == b""
    assert disk.crashed((1, 2)).look("a") is None
    disk.sync_directory("a")
    assert disk.crashed(()).look("a") is None  # the name of `a` itself is in the directory above
    disk.sync_directory()
    assert disk.crashed(()).read("a/f") == b""
    disk.sync()
    disk.rename("a", "b")
    assert [kind for _, kind in disk.crashed(()).entries()] == ["directory"]
    assert disk.crashed(()).look("b") is None
    assert disk.crashed((0,)).look("a") is None
