"""Write the entries of a view: hard links from the store in as few calls as possible, links, directories, small texts."""

import errno
import os
import shutil
from collections.abc import Sequence

from nipsys.effects.disk import Disk, Effect
from nipsys.view.model import MergedEntry

_FULL = {errno.EMLINK, errno.EXDEV, errno.EPERM}
"""Errors after which a file is copied: the inode has reached its limit of links, or the file system has no hard links."""


def link_all(disk: Disk, store: str, place: str, entries: Sequence[MergedEntry]) -> None:
    """Create every entry below ``place``; entries are sorted by path, so parents come before children.

    ``disk`` is at the directory ``store`` (an absolute path), ``place`` a path in it. ``OSError`` names what could not be created.
    """
    _perform(disk, store, [Effect("mkdir", f"{place}/.root"), *(effect for entry in entries if (effect := _effect_of(entry, place)))])
    for path, kind, origin, _ in entries:
        if kind == "c":
            with open(f"{store}/{place}/{path}", "wb") as file:
                for part in origin.split("\n"):
                    with open(f"{store}/{part}", "rb") as piece:
                        shutil.copyfileobj(piece, file)


def _effect_of(entry: MergedEntry, place: str) -> Effect | None:
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
    """Perform ``effects``; a file that cannot be linked is copied instead."""
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
    """Hard-link a file, or copy it where that is not possible."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        shutil.copy2(source, target)
