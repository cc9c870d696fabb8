"""The one commit: ``current`` comes to lead to another generation."""

from nipsys.effects.disk.port import Disk
from nipsys.effects.signals import uninterrupted
from nipsys.generation.paths import CURRENT, GENERATIONS, NEW
from nipsys.model.problem import reject
from nipsys.store.errors import telling


def switch(disk: Disk, number: int) -> None:
    """Let ``current`` lead to a published generation and make that durable: one rename, then one fsync of the root.

    ``Rejected`` says whether it was the link that could not be made, or only its durability that is in doubt.
    """
    with telling("the link `current`"), uninterrupted():
        link = f"{NEW}{CURRENT}"
        if disk.look(link) is not None:
            disk.remove(link)
        disk.symlink(f"{GENERATIONS}/{number}", link)
        disk.rename(link, CURRENT)
        try:
            disk.sync_directory()
        except OSError as error:
            message = f"generation {number} is current, but the disk may not keep it: {(error.strerror or str(error)).lower()}"
            hint = "look at the kernel's log; a power cut may bring back the one before, whole"
            raise reject("store", "not-durable", message, hint=hint) from error
