"""The trees of a lock's packages: those that the store has, and the others fetched and unpacked, or built from recipes."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import BinaryIO, NamedTuple

from nipsys.app.context import Context
from nipsys.app.sync import ProfileSources
from nipsys.model import Began, Digest, Ended
from nipsys.model.package import Resource, hide_password
from nipsys.model.system import Lock, LockedPackage, NamedTree, PlacedPackage, Tree, TreeName
from nipsys.plan import store_key_of
from nipsys.sources import Source, traits_of
from nipsys.store import Store

FoundTrees = Mapping[Digest, TreeName | None]
"""What the store has, by the digest under which it finds a package (``store_key_of``)."""


class PlacedTrees(NamedTuple):
    """Packages whose trees are in the store, and what is in these trees."""

    placed: tuple[PlacedPackage, ...]
    manifests: Mapping[Digest, Tree]
    """By digest of the tree."""


def find_trees(store: Store, lock: Lock) -> FoundTrees:
    """Look every package of ``lock`` up in the store."""
    keys = dict.fromkeys(key for package in lock.packages if (key := store_key_of(package)))
    return {key: store.find(key) for key in keys}


def read_trees(store: Store, packages: Iterable[LockedPackage], found: FoundTrees) -> dict[str, NamedTree]:
    """Read the trees of the packages that were ``found``, by package id; one whose manifest is lost by now counts as missing."""
    trees: dict[str, NamedTree] = {}
    for package in packages:
        name = found.get(store_key_of(package))
        if name is not None and (tree := store.read_manifest(name)) is not None:
            trees[package.id] = NamedTree(name, tree)
    return trees


def place_trees(packages: Iterable[LockedPackage], trees: Mapping[str, NamedTree]) -> PlacedTrees:
    """Return the packages that have a tree in ``trees``, which is by package id."""
    rows = [(package, trees[package.id]) for package in packages if package.id in trees]
    placed = (
        PlacedPackage(package.id, package.name, package.version, name.digest, name.directory, package.requested)
        for package, (name, _) in rows
    )
    return PlacedTrees(tuple(placed), {name.digest: tree for _, (name, tree) in rows})


def fetch_trees(context: Context, store: Store, sources: ProfileSources, lock: Lock, found: FoundTrees) -> PlacedTrees:
    """Return the tree of every package; fetch or build those that were not ``found``. The caller holds the root's lock."""
    trees = read_trees(store, lock.packages, found)
    built = {source.name for source in lock.sources if traits_of(source.kind).built}
    missing = [package for package in lock.packages if package.id not in trees]
    if to_build := [package for package in missing if package.source in built]:
        from nipsys.app.realize.recipe_builds import build_locked  # noqa: PLC0415 - few profiles build

        trees |= build_locked(context, store, sources, to_build)
    if to_fetch := [package for package in missing if package.source not in built]:
        trees |= _fetch_and_unpack(context, store, sources.by_name, to_fetch)
    return place_trees(lock.packages, trees)


def _fetch_and_unpack(
    context: Context, store: Store, sources: Mapping[str, Source], packages: Sequence[LockedPackage]
) -> dict[str, NamedTree]:
    """Fetch and unpack in parallel: artifacts are unpacked as they arrive, largest first, so that no large one is left for the end."""
    resources = {package.id: sources[package.source].artifact(package) for package in packages}
    waiting: dict[tuple[str, str | None], list[LockedPackage]] = defaultdict(list)
    for package in packages:
        waiting[_key(resources[package.id])].append(package)
    os.makedirs(context.layout.downloads, exist_ok=True)
    put: list[LockedPackage] = []
    with store.open_batch() as batch:
        context.report(Began("unpack", len(packages)))
        largest_first = sorted(resources.values(), key=lambda resource: -(resource.size or 0))
        for fetched in context.web.fetch(largest_first, context.layout.downloads, context.report):
            for package in waiting[_key(fetched.resource)]:
                container = sources[package.source].container(package)
                origin = hide_password(next(iter(fetched.resource.urls), ""))
                batch.put(opener_of(fetched.path or ""), container, package.name, package.version, package.digest, origin=origin)
                put.append(package)
        made = batch.commit()
    context.report(Ended("unpack", f"{len(packages)} packages"))
    return dict(zip((package.id for package in put), made, strict=True))


def fetch_artifacts(context: Context, sources: Mapping[str, Source], packages: Iterable[LockedPackage]) -> dict[str, str]:
    """Fetch the artifacts, each once; return the path for each package id."""
    wanted = {package.id: sources[package.source].artifact(package) for package in packages}
    os.makedirs(context.layout.downloads, exist_ok=True)
    fetched = context.web.fetch(wanted.values(), context.layout.downloads, context.report)
    paths = {_key(found.resource): found.path or "" for found in fetched}
    return {name: paths[_key(resource)] for name, resource in wanted.items()}


def _key(resource: Resource) -> tuple[str, str | None]:
    return resource.role, resource.digest


def opener_of(path: str) -> Callable[[], BinaryIO]:
    """Return a function that opens the file at ``path`` for reading."""
    return lambda: open(path, "rb")
