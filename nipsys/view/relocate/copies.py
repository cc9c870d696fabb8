"""The relocated twins of views, as directories: where each stands, which are missing, which nobody needs any more.

A twin belongs to this machine and this place of the root: ``R/state/relocated/<directory of the view>``. That of a world
with a prefix is reached by a short link outside of the root, which ``.prefix`` in it names.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable

from nipsys.effects.host.namespaces import Namespaces
from nipsys.view.model import PORTABLE

PREFIX_LINK = ".prefix"
"""In the twin of a world with a prefix: a link that names the place its files were rewritten to."""


def twin_of(directory: str, root: str) -> str:
    """Return the place of the relocated twin of a view (its directory below ``store/``)."""
    return f"{root}/state/relocated/{directory}"


def missing_twins(root: str, directories: Iterable[str], namespaces: Namespaces) -> tuple[str, ...]:
    """Return the views (directories below ``store/``) whose programs cannot start here until ``apply`` makes their twins.

    A world whose programs find their files from where they are needs none.
    """
    if namespaces.open:
        return ()
    return tuple(name for name in directories if not os.path.isdir(twin_of(name, root)) and not _prefix(root, name).startswith(PORTABLE))


def _prefix(root: str, directory: str) -> str:
    """Read the prefix of a view that was written; empty when it has none, or is not there."""
    with contextlib.suppress(FileNotFoundError), open(f"{root}/store/{directory}/.run/.view", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.rstrip("\n").partition(" ")
            if key == "prefix":
                return value
    return ""


def sweep(root: str, keep: frozenset[str]) -> None:
    """Remove the twins of views that are not in ``keep`` (directories below ``store/``), and patched files that no twin has."""
    base = f"{root}/state/relocated"
    for name in os.listdir(base) if os.path.isdir(base) else ():
        if not name.startswith(".") and name not in keep:
            _close(f"{base}/{name}")
            shutil.rmtree(f"{base}/{name}", ignore_errors=True)
    patched = f"{base}/.patched"
    for name in os.listdir(patched) if os.path.isdir(patched) else ():
        if os.stat(f"{patched}/{name}").st_nlink == 1:
            os.unlink(f"{patched}/{name}")


def _close(twin: str) -> None:
    """Remove the short link of a twin, if it still leads there."""
    with contextlib.suppress(OSError):
        place = os.readlink(f"{twin}/{PREFIX_LINK}")
        if os.readlink(place) == twin:
            os.unlink(place)
