"""Every operation that changes a root, runnable on any disk: these are killed by the crash model."""

from collections.abc import Callable
from io import BytesIO

from nipsys.app.crash.miniature import ModelStep, pack_model, run_apply
from nipsys.effects import FixedClock
from nipsys.effects.disk import Disk
from nipsys.generation import Generations, find_roots, parse_system, remove_unused_directories
from nipsys.model import Frozen
from nipsys.store import Store
from nipsys.store.maintenance import find_dead_trees, remove_dead_trees
from nipsys.store.pack import read_pack

Action = Callable[[Disk], None]


class RootOperation(Frozen):
    """One operation on a root, and what prepares the root for it."""

    name: str
    prepare: Action
    run: Action


def list_operations(world: ModelStep) -> tuple[RootOperation, ...]:
    """Return every operation that changes a root."""
    brought = pack_model(world.new)

    def old(disk: Disk) -> None:
        run_apply(disk, world.old)

    def both(disk: Disk) -> None:
        run_apply(disk, world.old)
        run_apply(disk, world.new)

    def swept(disk: Disk) -> Generations:
        Store("/", disk).remove_debris()
        generations = Generations("/", disk, clock=FixedClock())
        generations.sweep()
        return generations

    def deleted(disk: Disk) -> None:
        generations = swept(disk)
        if 1 in generations.numbers():
            generations.delete(1)

    def collected(disk: Disk) -> None:
        deleted(disk)
        generations, store = Generations("/", disk, clock=FixedClock()), Store("/", disk)
        remove_dead_trees(store, find_dead_trees(store, find_roots(generations)))
        remove_unused_directories(generations)

    def unpacked(disk: Disk) -> None:
        generations = swept(disk)
        done = read_pack(Store("/", disk), BytesIO(brought))
        current = generations.current()
        if current is None or current.digest != done.header.generation:
            generations.commit(generations.stage(parse_system(done.generation), reason="unpack"))

    return (
        RootOperation("first apply", lambda _: None, lambda disk: run_apply(disk, world.old)),
        RootOperation("apply", old, lambda disk: run_apply(disk, world.new)),
        RootOperation("rollback", both, lambda disk: (swept(disk).rollback(1), None)[1]),
        RootOperation("label", both, lambda disk: swept(disk).set_label(1, "good")),
        RootOperation("pin", both, lambda disk: swept(disk).pin(1, pinned=True)),
        RootOperation("delete", both, deleted),
        RootOperation("gc", both, collected),
        RootOperation("first unpack", lambda _: None, unpacked),
        RootOperation("unpack", old, unpacked),
    )
