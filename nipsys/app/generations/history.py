"""What was done to a root, when, and by whom."""

from nipsys.app.context import Context
from nipsys.effects.disk import RealDisk
from nipsys.generation import BrokenLine, History, Operation


def read_history(context: Context) -> tuple[tuple[Operation, ...], tuple[BrokenLine, ...]]:
    """Return all operations, oldest first, and every break in their hash chain; both empty for a root that does not exist."""
    try:
        disk = RealDisk(context.root)
    except FileNotFoundError:
        return (), ()
    with disk:
        record = History(disk)
        return record.operations(), record.check()
