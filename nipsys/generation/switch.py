"""The only commit point: the switch of ``current`` to another generation."""

from nipsys.effects import hold_signals
from nipsys.effects.disk import Disk
from nipsys.generation.paths import CURRENT, GENERATIONS, NEW_PREFIX
from nipsys.model import reject
from nipsys.store import translate_errors


def switch_current(disk: Disk, number: int) -> None:
    """Make a published generation current and make that durable: one rename, then one fsync of the root.

    ``Rejected`` says whether the link could not be changed, or was changed but could not be synced.
    """
    with translate_errors("the link `current`"), hold_signals():
        link = f"{NEW_PREFIX}{CURRENT}"
        if disk.lstat(link) is not None:
            disk.remove(link)
        disk.symlink(f"{GENERATIONS}/{number}", link)
        disk.rename(link, CURRENT)
        try:
            disk.sync_directory()
        except OSError as error:
            message = f"generation {number} is current, but could not be synced to disk: {(error.strerror or str(error)).lower()}"
            hint = "check the kernel's log; a power cut may bring back the previous generation, intact"
            raise reject("store", "not-durable", message, hint=hint) from error
