"""Turn a lock into the current generation: get the trees, build the views, and publish the system."""

from nipsys.app.context import Context
from nipsys.app.lock import write_lock
from nipsys.app.realize.desired import DesiredSystem
from nipsys.app.realize.fetch import fetch_trees
from nipsys.app.realize.services import build_units
from nipsys.app.realize.system import compose_system
from nipsys.app.realize.user_files import store_files
from nipsys.app.realize.views import add_choices, check_views, describe_unscripted, plan_views
from nipsys.generation import Generations, Summary
from nipsys.model import Began, Ended, Frozen, Rejected, Warned
from nipsys.model.system import Lock, System
from nipsys.store import Store
from nipsys.view import ViewPlan, build_view


class RealizedSystem(Frozen):
    """A system that has just become current."""

    system: System
    summary: Summary


def realize(context: Context, store: Store, generations: Generations, desired: DesiredSystem) -> RealizedSystem:
    """Bring everything in the lock into the store and make it the current generation; the caller holds the root's lock.

    All views are checked before the first is built. The chosen alternatives are recorded in the lock file, if allowed. When anything
    fails, every tree that was added and that the current generation does not need is removed again, so that the store has no debris.
    """
    before = frozenset(store.list_directories())
    try:
        return _realize(context, store, generations, desired, before)
    except BaseException:
        if generations.current_number() == (desired.current and desired.current.number):  # otherwise the new one is current already
            store.discard(sorted(set(store.list_directories()) - before - _current_directories(desired)))
        raise


def _realize(context: Context, store: Store, generations: Generations, desired: DesiredSystem, present: frozenset[str]) -> RealizedSystem:
    """``present`` are the directories of the store: what was found before the lock was held may be gone by now."""
    profile = desired.profile
    found = {key: name for key, name in desired.found.items() if name is not None and name.directory in present}
    trees = fetch_trees(context, store, desired.sources, desired.lock, found)
    views = plan_views(context, profile, desired.lock, trees)
    for view in views:
        _report_warnings(context, view)
    stubs = check_views(context, store, profile, desired.lock, views)
    lock = _write_choices(context, add_choices(profile, desired.lock, views), desired.lock, desired.keep)
    system = compose_system(profile, lock, trees.placed, views, stubs, files=store_files(store, profile.files))
    for view in views:
        build_view(view, store, context.report)
    context.report(Began("stage", 0))
    pieces = build_units(profile, system.stubs, context.layout.executables)
    summary = generations.commit(generations.stage(system, pieces, reason=f"apply {profile.path.rpartition('/')[2]}"))
    context.report(Ended("stage"))
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


def _current_directories(desired: DesiredSystem) -> set[str]:
    """Return the store directories of the current generation: one that was damaged and fetched again must stay."""
    if desired.current is None:
        return set()
    packages, views = desired.current.system.packages, desired.current.system.views
    return {package.directory for package in packages} | {view.directory for view in views}


def _report_warnings(context: Context, view: ViewPlan) -> None:
    for warning in view.warnings:
        context.report(Warned(warning))
    if unscripted_note := describe_unscripted((view,)):
        context.report(Warned(*unscripted_note))
