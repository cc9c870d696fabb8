"""Which files a package has, and which package has a file."""

import os
from typing import NamedTuple

from nipsys.app.context import Context
from nipsys.app.generations import find_system
from nipsys.model import reject
from nipsys.model.system import Directory, PlacedPackage
from nipsys.store import Store


class Owner(NamedTuple):
    """A package that has a path."""

    id: str
    version: str
    path: str
    """Path as the package's programs see it."""


def list_files(context: Context, name: str) -> tuple[PlacedPackage, tuple[str, ...]]:
    """Return a package of the current generation and the sorted paths of its files and links, without nipsys's own metadata."""
    number, found = find_system(context, None)
    chosen = [row for row in found.packages if name in (row.id, row.name)]
    if not chosen:
        hint = "`nipsys list --all` shows all packages"
        raise reject("request", "not-installed", f"generation {number} has no package `{name}`", hint=hint)
    tree = Store(context.root).read_manifest(chosen[0].directory)
    entries = tree.entries if tree else ()
    paths = (entry.path for entry in entries if not isinstance(entry, Directory) and not entry.path.startswith(".package/"))
    return chosen[0], tuple("/" + path for path in paths)


def find_owners(context: Context, path: str) -> tuple[Owner, ...]:
    """Return the packages of the current generation that have ``path``, given as programs see it or as it is on disk."""
    _, found = find_system(context, None)
    store = Store(context.root)
    wanted = _tree_paths(context, path)
    rows = []
    for row in found.packages:
        tree = store.read_manifest(row.directory)
        names = {entry.path for entry in tree.entries} if tree else set()
        rows += [Owner(row.id, row.version, "/" + candidate) for candidate in wanted if candidate in names]
    return tuple(rows)


def _tree_paths(context: Context, path: str) -> tuple[str, ...]:
    """Return the paths inside a tree that ``path`` may mean; in a merged root /bin and similar directories are below /usr."""
    store = os.path.realpath(context.layout.store) + "/"
    below = [shown[len(store) :].partition("/")[2] for shown in (_resolve_parent(path), os.path.realpath(path)) if shown.startswith(store)]
    found: dict[str, None] = {}
    for inner in below or [os.path.normpath(path).lstrip("/")]:
        plain = inner.removeprefix(".run/")
        if "/" not in plain:
            found |= dict.fromkeys(f"{place}/{plain}" for place in ("usr/bin", "usr/sbin", "bin", "sbin"))
        else:
            found |= dict.fromkeys((plain, plain.removeprefix("usr/") if plain.startswith("usr/") else f"usr/{plain}"))
    return tuple(found)


def _resolve_parent(path: str) -> str:
    """Return the absolute path with the links of its directories resolved, but not a link at the last name."""
    return os.path.join(os.path.realpath(os.path.dirname(os.path.abspath(path))), os.path.basename(path))
