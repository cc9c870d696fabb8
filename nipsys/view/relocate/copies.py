"""The directories of relocated twins: their paths, which are missing, and which are stale.

A twin is valid for this machine and this path of the root only: ``R/state/relocated/<directory of the view>``. The twin of a
world with a prefix is reached through a short link outside the root, whose path is in the link ``.prefix`` of the twin.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable

from nipsys.effects.host import Namespaces
from nipsys.view.model import PORTABLE_PREFIX

PREFIX_LINK = ".prefix"
"""In the twin of a world with a prefix: a link to the path its files were rewritten to."""


def twin_path(directory: str, root: str) -> str:
    """Return the path of the relocated twin of a view (its directory below ``store/``)."""
    return f"{root}/state/relocated/{directory}"


def find_missing_twins(root: str, directories: Iterable[str], namespaces: Namespaces) -> tuple[str, ...]:
    """Return the views (directories below ``store/``) whose programs cannot start here until ``apply`` creates their twins.

    A world whose programs find their files relative to themselves needs no twin.
    """
    if namespaces.open:
        return ()
    return tuple(
        name
        for name in directories
        if not os.path.isdir(twin_path(name, root)) and not _read_prefix(root, name).startswith(PORTABLE_PREFIX)
    )


def _read_prefix(root: str, directory: str) -> str:
    """Return the prefix of a view in the store; empty when it has none or does not exist."""
    with contextlib.suppress(FileNotFoundError), open(f"{root}/store/{directory}/.run/.view", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.rstrip("\n").partition(" ")
            if key == "prefix":
                return value
    return ""


def remove_stale_twins(root: str, keep: frozenset[str]) -> None:
    """Remove the twins of views that are not in ``keep`` (directories below ``store/``), and patched files that no twin uses."""
    base = f"{root}/state/relocated"
    for name in os.listdir(base) if os.path.isdir(base) else ():
        if not name.startswith(".") and name not in keep:
            _remove_link(f"{base}/{name}")
            shutil.rmtree(f"{base}/{name}", ignore_errors=True)
    patched = f"{base}/.patched"
    for name in os.listdir(patched) if os.path.isdir(patched) else ():
        if os.stat(f"{patched}/{name}").st_nlink == 1:
            os.unlink(f"{patched}/{name}")


def _remove_link(twin: str) -> None:
    """Remove the short link of a twin, if it still leads to the twin."""
    with contextlib.suppress(OSError):
        place = os.readlink(f"{twin}/{PREFIX_LINK}")
        if os.readlink(place) == twin:
            os.unlink(place)
