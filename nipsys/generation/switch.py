"""The one commit: ``current`` comes to lead to another generation."""

from nipsys.effects.disk import Disk
from nipsys.effects.signals import uninterrupted
from nipsys.generation.places import CURRENT, GENERATIONS, NEW
from nipsys.store.faults import telling


def switch(disk: Disk, number: int) -> None:
    """Let ``current`` lead to a published generation and make that durable: one rename, then one fsync of the root."""
    with telling("the link `current`"), uninterrupted():
        link = f"{NEW}{CURRENT}"
        if disk.look(link) is not None:
            disk.remove(link)
        disk.symlink(f"{GENERATIONS}/{number}", link)
        disk.rename(link, CURRENT)
        disk.sync_directory()
