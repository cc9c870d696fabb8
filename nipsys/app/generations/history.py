"""What was done to a root, when, and by whom."""

from nipsys.app.context import Site
from nipsys.effects.disk.port import RealDisk
from nipsys.generation.history import Broken, History, Operation


def history(context: Site) -> tuple[tuple[Operation, ...], tuple[Broken, ...]]:
    """Return all operations, oldest first, and every break in their hash chain; both empty for a root that does not exist."""
    try:
        disk = RealDisk(context.root)
    except FileNotFoundError:
        return (), ()
    with disk:
        record = History(disk)
        return record.operations(), record.check()
