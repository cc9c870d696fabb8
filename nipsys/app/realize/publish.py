"""Turn a lock into the current generation: fetch artifacts, unpack trees, build views, and publish the system."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from nipsys.app.context import Context
from nipsys.app.lock import write_lock
from nipsys.app.realize.services import build_units
from nipsys.app.realize.system import compose_system
from nipsys.app.realize.views import add_choices, check_views, describe_unscripted, plan_views
from nipsys.app.sync import open_sources
from nipsys.generation import Generations, Summary, files_path
from nipsys.model import Began, Ended, Frozen, Rejected, Warned, blake3_of
from nipsys.model.package import Resource, hide_password
from nipsys.model.system import Directory, File, FileSpec, Lock, LockedPackage, PlacedPackage, Profile, System, Tree, TreeName
from nipsys.sources import Source, traits_of
from nipsys.store import Store
from nipsys.view import ViewPlan, build_view


class RealizedSystem(Frozen):
    """A system that has just become current."""

    system: System
    summary: Summary


def realize(context: Context, store: Store, generations: Generations, profile: Profile, lock: Lock, *, keep: str | None) -> RealizedSystem:
    """Bring everything in ``lock`` into the store and make it the current generation; the caller holds the root's lock.

    All views are checked before the first is built. The chosen alternatives are recorded in the lock at ``keep``, if given. When anything
    fails, every tree that was added and that the current generation does not need is removed again, so that the store has no debris.
    """
    before = frozenset(store.list_directories())
    try:
        placed = fetch_trees(context, store, profile, lock)
        views = plan_views(context, store, profile, lock, placed)
        for view in views:
            _report_warnings(context, view)
        stubs = check_views(context, store, profile, lock, views)
        lock = _write_choices(context, add_choices(profile, lock, views), lock, keep)
        system = compose_system(profile, lock, placed, views, stubs, files=_store_files(store, profile.files))
        for view in views:
            build_view(view, store, context.report)
        context.report(Began("stage", 0))
        pieces = build_units(profile, system.stubs, context.layout.executables)
        summary = generations.commit(generations.stage(system, pieces, reason=f"apply {profile.path.rpartition('/')[2]}"))
        context.report(Ended("stage"))
    except BaseException:
        store.discard(sorted(set(store.list_directories()) - before - _current_directories(generations)))
        raise
    return RealizedSystem(system, summary)


def _write_choices(context: Context, wanted: Lock, lock: Lock, keep: str | None) -> Lock:
    """Write the lock with its choices, if allowed; return the lock that is on disk afterwards."""
    if keep is None or wanted is lock:
        return lock
    try:
        write_lock(keep, wanted)
    except Rejected as rejected:
        context.report(Warned(f"the chosen alternatives were not recorded: {rejected.problems[0].message}"))
        return lock
    return wanted


def _current_directories(generations: Generations) -> set[str]:
    """Return the store directories of the current generation: a failure after the switch must not remove them."""
    current = generations.current()
    if current is None:
        return set()
    packages, views = current.system.packages, current.system.views
    return {package.directory for package in packages} | {view.directory for view in views}


def fetch_trees(context: Context, store: Store, profile: Profile, lock: Lock) -> tuple[PlacedPackage, ...]:
    """Return the tree of every package; fetch or build those that the store lacks."""
    found = {package.id: store.find(package.digest) if package.digest else None for package in lock.packages}
    if any(traits_of(source.kind).built for source in lock.sources):
        from nipsys.app.realize.recipe_builds import build_locked  # noqa: PLC0415 - few profiles build

        found.update(build_locked(context, profile, lock))
    missing = [package for package in lock.packages if found[package.id] is None]
    if missing:
        found.update(_fetch_and_unpack(context, store, profile, missing))
    return tuple(_placed(package, found[package.id]) for package in lock.packages)


def _fetch_and_unpack(context: Context, store: Store, profile: Profile, packages: Sequence[LockedPackage]) -> dict[str, TreeName | None]:
    """Fetch and unpack in parallel: artifacts are unpacked as they arrive, largest first, so that no large one is left for the end."""
    sources = {source.spec.name: source for source in open_sources(context, profile)}
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
        names = [one.name for one in batch.commit()]
    context.report(Ended("unpack", f"{len(packages)} packages"))
    return dict(zip((package.id for package in put), names, strict=True))


def fetch_artifacts(context: Context, sources: dict[str, Source], packages: Iterable[LockedPackage]) -> dict[str, str]:
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


def _placed(package: LockedPackage, tree: TreeName | None) -> PlacedPackage:
    assert tree is not None, package.id
    return PlacedPackage(package.id, package.name, package.version, tree.digest, tree.directory, package.requested)


def _store_files(store: Store, files: Sequence[FileSpec]) -> str | None:
    """Put the user's files into the store as one tree; return its directory, ``None`` without files."""
    if not files:
        return None
    content = {files_path(file.target): file for file in files}
    tree = Tree.from_entries([*_parents(content), *(_entry(path, file) for path, file in content.items())])
    with store.open_batch() as batch:
        batch.put_tree(tree, lambda entry: (content[entry.path].content,), "files", "profile")
        ((name, _),) = batch.commit()
    return name.directory


def _entry(path: str, file: FileSpec) -> File:
    return File(path, blake3_of(file.content).partition(":")[2], len(file.content), bool(file.mode & 0o111), 0)


def _parents(paths: Iterable[str]) -> tuple[Directory, ...]:
    parts = [path.split("/") for path in paths]
    return tuple(Directory(path) for path in sorted({"/".join(names[:depth]) for names in parts for depth in range(1, len(names))}))


def _report_warnings(context: Context, view: ViewPlan) -> None:
    for warning in view.warnings:
        context.report(Warned(warning))
    if unscripted_note := describe_unscripted((view,)):
        context.report(Warned(*unscripted_note))
