"""Resolve a profile: open its sources, sync and map their indexes, choose packages, and make a lock of them."""

from collections.abc import Sequence

from nipsys.app.context import Context
from nipsys.app.lock.first_use import pin_first_use
from nipsys.app.lock.implied import expand_groups, resolve_with_implied
from nipsys.app.lock.interpreters import add_interpreters, check_interpreters
from nipsys.app.sync import crawl_sources, open_worlds
from nipsys.lock import add_digest
from nipsys.model import Began, Ended, Warned, replace
from nipsys.model.system import Conflict, Lock, Profile, Resolution
from nipsys.resolve import Options, World, resolve, to_lock
from nipsys.sources import Source
from nipsys.sources.common import find_aliases


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
