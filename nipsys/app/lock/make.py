"""Make the lock of a profile: the lock file is used as it is when up to date, resolved again otherwise. A failure keeps the old file."""

from collections.abc import Sequence
from typing import Literal

from nipsys.app.context import Context
from nipsys.app.lock.file import LockResult, load_lock, lock_path, write_lock
from nipsys.app.lock.first_use import pin_first_use
from nipsys.app.lock.implied import expand_groups, resolve_with_implied
from nipsys.app.lock.interpreters import add_interpreters, check_interpreters
from nipsys.app.sync import crawl_sources, open_sources, open_worlds
from nipsys.lock import add_digest, carry_over
from nipsys.model import Began, Ended, Warned, reject, replace
from nipsys.model.system import Conflict, Lock, Profile, Resolution
from nipsys.resolve import Options, World, resolve, to_lock
from nipsys.sources import Source
from nipsys.sources.common import find_aliases

ProofGoal = Literal["optimal", "minimal-change"]
"""The property of a resolution that clingo proves."""


def lock_profile(context: Context, profile: Profile, *, update: Sequence[str] | None = None, prove: ProofGoal | None = None) -> LockResult:
    """Return a lock for ``profile``, resolving only when its lock file is not up to date.

    ``update`` names the packages that may change version, all when empty; ``None`` keeps everything that still fits. ``prove`` always
    resolves, with clingo, and proves that nothing could be newer (``optimal``) or that the fewest packages change (``minimal-change``).
    """
    path = lock_path(profile.path)
    before = load_lock(path)
    if update is None and prove is None and before is not None and before.profile_digest == profile.digest:
        return LockResult(before, path, before, resolved=False)
    if update:
        _check_names(update, before, profile)
    options = Options(locked=None if update is not None and not update else before, update=tuple(update or ()))
    options = options._replace(optimal=prove == "optimal", minimal_change=prove == "minimal-change")
    lock, _ = resolve_lock(context, profile, open_sources(context, profile), options)
    if before is not None and (update is None or update):
        lock = carry_over(before, lock, frozenset(update or ()))
    write_lock(path, lock)
    return LockResult(lock, path, before, resolved=True)


def resolve_lock(context: Context, profile: Profile, sources: Sequence[Source], options: Options) -> tuple[Lock, tuple[str, ...]]:
    """Resolve again and return the lock and the resolver's notes. Raise ``Rejected`` on a conflict, with its reasons and fixes."""
    crawl_sources(context, profile, sources)
    known = open_worlds(context, sources, refresh=True)
    context.report(Began("resolve", 0))
    outcome, asked = resolve_profile(known, profile, options)
    if isinstance(outcome, Conflict):
        raise outcome.to_rejected()
    for note in outcome.notes:
        context.report(Warned(note))
    lock = add_digest(pin_first_use(context, sources, to_lock(outcome, known, asked), options.locked))
    check_interpreters(profile, lock)
    context.report(Ended("resolve", f"{len(lock.packages)} packages"))
    return lock, outcome.notes


def resolve_profile(known: Sequence[World], profile: Profile, options: Options) -> tuple[Resolution | Conflict, Profile]:
    """Resolve ``profile`` after expanding groups, aliases and interpreters; return the outcome and the profile with all its requests."""
    asked = expand_groups(_add_aliases(add_interpreters(profile), known), known)
    return resolve_with_implied(asked, known, lambda one: resolve(known, one, options))


def _add_aliases(profile: Profile, known: Sequence[World]) -> Profile:
    """Add an alias for each requested program that a world has only under another name."""
    rows = [
        (name, world.spec.name, there)
        for name, kind, there in find_aliases(request.name for request in profile.requests)
        for world in known
        if world.spec.kind == kind and not _is_available(world, name) and _is_available(world, there)
    ]
    return replace(profile, aliases=(*profile.aliases, *rows)) if rows else profile


def _is_available(world: World, name: str) -> bool:
    return bool(world.index.candidates(name)) or bool(world.index.providers(name))


def _check_names(names: Sequence[str], lock: Lock | None, profile: Profile) -> None:
    there = {package.name for package in lock.packages} | {package.id for package in lock.packages} if lock else set()
    missing = [name for name in names if name not in there and name not in {request.name for request in profile.requests}]
    if missing:
        what = ", ".join(f"`{name}`" for name in missing)
        raise reject("request", "not-locked", f"cannot update {what}: not in the lock", hint="`nipsys list` shows what is in the lock")
