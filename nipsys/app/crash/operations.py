"""Every operation that changes a root, runnable on any disk: these are killed by the crash model."""

from collections.abc import Callable
from io import BytesIO

from nipsys.app.crash.miniature import World, enact_apply, packed
from nipsys.effects.clock import FixedClock
from nipsys.effects.disk.port import Disk
from nipsys.generation.catalog import Generations
from nipsys.generation.manifest import read_system
from nipsys.generation.retention import forget_folders, roots
from nipsys.model.value import Frozen
from nipsys.store.maintenance.gc import bury, dead_trees
from nipsys.store.pack.read import unpack
from nipsys.store.trees import Store

Enact = Callable[[Disk], None]


class Verb(Frozen):
    """One operation on a root, and what prepares the root for it."""

    name: str
    before: Enact
    enact: Enact


def verbs(world: World) -> tuple[Verb, ...]:
    """Return every operation that changes a root."""
    brought = packed(world.new)

    def old(disk: Disk) -> None:
        enact_apply(disk, world.old)

    def both(disk: Disk) -> None:
        enact_apply(disk, world.old)
        enact_apply(disk, world.new)

    def swept(disk: Disk) -> Generations:
        Store("/", disk).sweep()
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
        bury(store, dead_trees(store, roots(generations)))
        forget_folders(generations)

    def unpacked(disk: Disk) -> None:
        generations = swept(disk)
        done = unpack(Store("/", disk), BytesIO(brought))
        current = generations.current()
        if current is None or current.digest != done.header.generation:
            generations.commit(generations.stage(read_system(done.generation), reason="unpack"))

    return (
        Verb("first apply", lambda _: None, lambda disk: enact_apply(disk, world.old)),
        Verb("apply", old, lambda disk: enact_apply(disk, world.new)),
        Verb("rollback", both, lambda disk: (swept(disk).rollback(1), None)[1]),
        Verb("label", both, lambda disk: swept(disk).label(1, "good")),
        Verb("pin", both, lambda disk: swept(disk).pin(1, pinned=True)),
        Verb("delete", both, deleted),
        Verb("gc", both, collected),
        Verb("first unpack", lambda _: None, unpacked),
        Verb("unpack", old, unpacked),
    )
