"""The lock file next to a profile: used as it is when up to date, resolved again otherwise. A failed resolution keeps the old lock."""

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
"""The property of a resolution that clingo proves."""


class Locked(Frozen):
    """A profile's lock and how it was obtained."""

    lock: Lock
    path: str
    """Path of the lock file."""
    before: Lock | None
    """The lock that was in this file before; ``None`` when the file did not exist."""
    resolved: bool
    """It was resolved now; otherwise the lock on disk was up to date."""

    @property
    def changed(self) -> bool:
        """Whether the lock file now has other content than before."""
        return self.before is None or self.before.digest != self.lock.digest


def beside(profile_path: str) -> str:
    """Return the path of the lock of a profile: ``workstation.kdl`` has ``workstation.lock.kdl``."""
    stem, dot, ending = profile_path.rpartition(".")
    return f"{stem if dot and ending in {'kdl', 'toml'} else profile_path}.lock.kdl"


def lock_beside(path: str) -> Lock | None:
    """Read the lock at ``path``, or return ``None`` when the file does not exist. Raise ``Rejected`` when it was edited by hand."""
    try:
        text = files.read_bytes(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    return read(text, path)


def fresh(profile: Profile) -> Lock | None:
    """Return the lock of ``profile`` when it was made from exactly this profile, else ``None``."""
    lock = lock_beside(beside(profile.path))
    return lock if lock is not None and lock.profile_digest == profile.digest else None


def demanded(profile: Profile) -> Locked:
    """Return the lock that ``--locked`` uses. Raise ``Rejected`` when it is missing or stale."""
    path = beside(profile.path)
    lock = lock_beside(path)
    if lock is None:
        raise reject("request", "no-lock", f"`--locked` needs `{path}`, which does not exist", hint=f"run `nipsys lock {profile.path}`")
    if lock.profile_digest != profile.digest:
        raise reject(
            "request", "stale-lock", f"`{path}` is out of date with `{profile.path}`",
            "the profile changed after the lock was made, so the lock may lack packages it requests",
            hint=f"run `nipsys lock {profile.path}`, review the difference, and commit both files",
        )  # fmt: skip
    return Locked(lock, path, lock, resolved=False)


def locked(context: Site, profile: Profile, *, update: Sequence[str] | None = None, prove: Proof | None = None) -> Locked:
    """Return a lock for ``profile``, resolving only when its lock file is not up to date.

    ``update`` names the packages that may change version, all when empty; ``None`` keeps everything that still fits. ``prove`` always
    resolves, with clingo, and proves that nothing could be newer (``optimal``) or that the fewest packages change (``minimal-change``).
    """
    path = beside(profile.path)
    before = lock_beside(path)
    if update is None and prove is None and before is not None and before.profile_digest == profile.digest:
        return Locked(before, path, before, resolved=False)
    if update:
        _known(update, before, profile)
    options = Options(locked=None if update is not None and not update else before, update=tuple(update or ()))
    options = options._replace(optimal=prove == "optimal", minimal_change=prove == "minimal-change")
    lock, _ = resolved(context, profile, opened(context, profile), options)
    if before is not None and (update is None or update):
        lock = carried(before, lock, frozenset(update or ()))
    write_lock(path, lock)
    return Locked(lock, path, before, resolved=True)


def resolved(context: Site, profile: Profile, sources: Sequence[Source], options: Options) -> tuple[Lock, tuple[str, ...]]:
    """Resolve again and return the lock and the resolver's notes. Raise ``Rejected`` on a conflict, with its reasons and fixes."""
    reached(context, profile, sources)
    known = worlds(context, sources, refresh=True)
    context.report(Began("resolve", 0))
    outcome, asked = chosen(known, profile, options)
    if isinstance(outcome, Conflict):
        raise outcome.rejected()
    for note in outcome.notes:
        context.report(Warned(note))
    lock = sealed(first_fetched(context, sources, to_lock(outcome, known, asked), options.locked))
    hold_interpreters(profile, lock)
    context.report(Ended("resolve", f"{len(lock.packages)} packages"))
    return lock, outcome.notes


def chosen(known: Sequence[World], profile: Profile, options: Options) -> tuple[Resolution | Conflict, Profile]:
    """Resolve ``profile`` after expanding groups, aliases and interpreters; return the outcome and the profile with all its requests."""
    asked = with_groups(_aliased(with_interpreters(profile), known), known)
    return resolved_with_implied(asked, known, lambda one: resolve(known, one, options))


def _aliased(profile: Profile, known: Sequence[World]) -> Profile:
    """Add an alias for each requested program that a world has only under another name."""
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
        raise reject("request", "not-locked", f"cannot update {what}: not in the lock", hint="`nipsys list` shows what is in the lock")


def write_lock(path: str, lock: Lock) -> None:
    """Write a lock to ``path``. Raise ``Rejected`` (kind ``host``) when it cannot be written."""
    try:
        files.replace(path, write(lock).encode("utf-8", "surrogateescape"))
    except OSError as error:
        message = f"cannot write the lock `{path}`: {(error.strerror or str(error)).lower()}"
        raise reject("host", "lock-not-written", message, hint="the old lock is unchanged") from error
