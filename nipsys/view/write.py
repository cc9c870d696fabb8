"""Write the entries of a view: hard links from the store in as few calls as the disk allows, links, directories, small texts."""

import errno
import os
import shutil
from collections.abc import Sequence

from nipsys.effects.disk.port import Disk, Effect
from nipsys.view.model import Merged

_FULL = {errno.EMLINK, errno.EXDEV, errno.EPERM}
"""An inode has as many names as the file system allows, or the file system knows no second names: the file is copied."""


def link_all(disk: Disk, store: str, place: str, entries: Sequence[Merged]) -> None:
    """Make every entry below ``place``; parents come before children because entries are sorted by path.

    ``disk`` is that of the directory ``store`` (its absolute path), ``place`` a path in it. ``OSError`` names what could not be made.
    """
    _perform(disk, store, [Effect("mkdir", f"{place}/.root"), *(effect for entry in entries if (effect := _effect(entry, place)))])
    for path, kind, origin, _ in entries:
        if kind == "c":
            with open(f"{store}/{place}/{path}", "wb") as file:
                for part in origin.split("\n"):
                    with open(f"{store}/{part}", "rb") as piece:
                        shutil.copyfileobj(piece, file)


def _effect(entry: Merged, place: str) -> Effect | None:
    path, kind, origin, _ = entry
    match kind:
        case "f":
            return Effect("link", f"{place}/{path}", target=origin)
        case "l":
            return Effect("symlink", f"{place}/{path}", target=origin)
        case "d":
            return Effect("mkdir", f"{place}/{path}")
        case "t":
            return Effect("write", f"{place}/{path}", origin.encode(), 0o644)
    return None


def _perform(disk: Disk, store: str, effects: Sequence[Effect]) -> None:
    """Do ``effects``; a file that can have no further name is copied, and what comes after it goes on."""
    while effects:
        try:
            disk.perform(effects)
        except OSError as error:
            at = next((number for number, effect in enumerate(effects) if effect.path == error.filename), None)
            if at is None or error.errno not in _FULL or effects[at].verb != "link":
                raise
            shutil.copy2(f"{store}/{effects[at].target}", f"{store}/{effects[at].path}")
            effects = effects[at + 1 :]
        else:
            return


def link_or_copy(source: str, target: str) -> None:
    """Return one file a second name; a copy where it can have none."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        shutil.copy2(source, target)
