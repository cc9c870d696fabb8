"""The lock beside a profile: taken as it is when fresh, made anew when not; a failed solve leaves the old one."""

from collections.abc import Sequence
from typing import Literal

from nipsys.app.context import Site
from nipsys.app.lock.first_use import first_fetched
from nipsys.app.lock.implied import resolved_with_implied, with_groups
from nipsys.app.lock.interpreters import hold_interpreters, with_interpreters
from nipsys.app.sync.crawl import reached
from nipsys.app.sync.worlds import opened, worlds
from nipsys.effects import files
from nipsys.lock import read, sealed, write
from nipsys.lock.alternatives import carried
from nipsys.model.event import Began, Ended, Warned
from nipsys.model.problem import reject
from nipsys.model.system.conflict import Conflict
from nipsys.model.system.lock import Lock
from nipsys.model.system.profile import Profile
from nipsys.model.system.resolution import Resolution
from nipsys.model.value import Frozen, replace
from nipsys.resolve import Options, World, resolve, to_lock
from nipsys.sources.common.aliases import shipped
from nipsys.sources.port import Source

Proof = Literal["optimal", "minimal-change"]
"""What clingo is to prove of a resolution."""


class Locked(Frozen):
    """A profile's lock and how it came to be."""

    lock: Lock
    path: str
    """Where it stands."""
    before: Lock | None
    """The lock that stood there, when it could be read."""
    resolved: bool
    """It was resolved now; otherwise the one on the disk was fresh."""

    @property
    def changed(self) -> bool:
        """Whether the text beside the profile is another one now."""
        return self.before is None or self.before.digest != self.lock.digest


def beside(profile_path: str) -> str:
    """Return the path of the lock of a profile: ``workstation.kdl`` has ``workstation.lock.kdl``."""
    stem, dot, ending = profile_path.rpartition(".")
    return f"{stem if dot and ending in {'kdl', 'toml'} else profile_path}.lock.kdl"


def lock_beside(path: str) -> Lock | None:
    """Read the lock at ``path``; ``None`` when there is none, ``Rejected`` when it was edited by hand."""
    try:
        text = files.read_bytes(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    return read(text, path)


def fresh(profile: Profile) -> Lock | None:
    """Return the lock beside ``profile`` when it was made from exactly this profile."""
    lock = lock_beside(beside(profile.path))
    return lock if lock is not None and lock.profile_digest == profile.digest else None


def demanded(profile: Profile) -> Locked:
    """Return the lock that ``--locked`` takes; ``Rejected`` when it is missing or stale."""
    path = beside(profile.path)
    lock = lock_beside(path)
    if lock is None:
        raise reject("request", "no-lock", f"`--locked` needs `{path}`, and there is none", hint=f"run `nipsys lock {profile.path}`")
    if lock.profile_digest != profile.digest:
        raise reject(
            "request", "stale-lock", f"`{path}` was made from another state of `{profile.path}`",
            "the profile has changed since, so the lock may lack what it asks for",
            hint=f"run `nipsys lock {profile.path}`, look at the difference, and commit both",
        )  # fmt: skip
    return Locked(lock, path, lock, resolved=False)


def locked(site: Site, profile: Profile, *, update: Sequence[str] | None = None, prove: Proof | None = None) -> Locked:
    """Return a lock for ``profile``, resolving only when the one beside it is not fresh.

    ``update``: names that may move, all when empty; ``None`` keeps everything that still fits. ``prove`` resolves in any case, with
    clingo: that nothing could be newer (``optimal``), or that the fewest packages leave the lock (``minimal-change``).
    """
    path = beside(profile.path)
    before = lock_beside(path)
    if update is None and prove is None and before is not None and before.profile_digest == profile.digest:
        return Locked(before, path, before, resolved=False)
    if update:
        _known(update, before, profile)
    options = Options(locked=None if update is not None and not update else before, update=tuple(update or ()))
    options = options._replace(optimal=prove == "optimal", minimal_change=prove == "minimal-change")
    lock, _ = resolved(site, profile, opened(site, profile), options)
    if before is not None and (update is None or update):
        lock = carried(before, lock, frozenset(update or ()))
    write_lock(path, lock)
    return Locked(lock, path, before, resolved=True)


def resolved(site: Site, profile: Profile, sources: Sequence[Source], options: Options) -> tuple[Lock, tuple[str, ...]]:
    """Choose anew; gives the lock and the resolver's notes. ``Rejected`` tells a conflict with its reasons and fixes."""
    reached(site, profile, sources)
    known = worlds(site, sources, refresh=True)
    site.report(Began("resolve", 0))
    outcome, asked = chosen(known, profile, options)
    if isinstance(outcome, Conflict):
        raise outcome.rejected()
    for note in outcome.notes:
        site.report(Warned(note))
    lock = sealed(first_fetched(site, sources, to_lock(outcome, known, asked), options.locked))
    hold_interpreters(profile, lock)
    site.report(Ended("resolve", f"{len(lock.packages)} packages"))
    return lock, outcome.notes


def chosen(known: Sequence[World], profile: Profile, options: Options) -> tuple[Resolution | Conflict, Profile]:
    """Choose for ``profile``, groups and other names of programs understood, with what comes by itself; gives also all that was asked."""
    asked = with_groups(_aliased(with_interpreters(profile), known), known)
    return resolved_with_implied(asked, known, lambda one: resolve(known, one, options))


def _aliased(profile: Profile, known: Sequence[World]) -> Profile:
    """Add what requested programs are called in worlds that do not have them by the name asked for."""
    rows = [
        (name, world.spec.name, there)
        for name, kind, there in shipped(request.name for request in profile.requests)
        for world in known
        if world.spec.kind == kind and not _has(world, name) and _has(world, there)
    ]
    return replace(profile, aliases=(*profile.aliases, *rows)) if rows else profile


def _has(world: World, name: str) -> bool:
    return bool(world.index.candidates(name)) or bool(world.index.providers(name))


def _known(names: Sequence[str], lock: Lock | None, profile: Profile) -> None:
    there = {package.name for package in lock.packages} | {package.id for package in lock.packages} if lock else set()
    missing = [name for name in names if name not in there and name not in {request.name for request in profile.requests}]
    if missing:
        what = ", ".join(f"`{name}`" for name in missing)
        raise reject("request", "not-locked", f"{what}: not in the lock, so there is nothing to update", hint="`nipsys list` shows what is")


def write_lock(path: str, lock: Lock) -> None:
    """Write a lock beside its profile; ``Rejected`` (kind ``host``) when the disk refuses."""
    try:
        files.replace(path, write(lock).encode("utf-8", "surrogateescape"))
    except OSError as error:
        message = f"cannot write the lock `{path}`: {(error.strerror or str(error)).lower()}"
        raise reject("host", "lock-not-written", message, hint="the old lock is untouched") from error
