"""What a further request would change: ``what-if`` and ``why-not`` resolve once more, staying close to the existing lock."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nipsys.model import Frozen, replace
from nipsys.model.system import Conflict, Flag, Lock, Profile, Request, Resolution
from nipsys.resolve.case import Options


class VersionChange(NamedTuple):
    """One package that the simulation adds, removes or changes."""

    id: str
    before: str
    """Version (and flags) in the lock; empty when it is new."""
    after: str
    """Version (and flags) afterwards; empty when it is removed."""


class WhatIf(Frozen):
    """The outcome of a simulation."""

    conflict: Conflict | None
    """Why it is impossible; ``None`` when it is possible."""
    changes: tuple[VersionChange, ...] = ()
    """By id."""


Resolver = Callable[[Profile, Options], Resolution | Conflict]
"""How a profile is resolved: ``resolve`` with some worlds, or the application's own function."""


def simulate(choose: Resolver, profile: Profile, lock: Lock | None, requests: Sequence[Request], flags: Sequence[Flag] = ()) -> WhatIf:
    """Resolve ``profile`` with further requests (one for a package already requested replaces it) and flags for all packages."""
    names = {(request.name, request.source) for request in requests} | {(request.name, None) for request in requests}
    kept = tuple(request for request in profile.requests if (request.name, request.source) not in names)
    flagged = {flag.name for flag in flags}
    variants = (*(flag for flag in profile.variants if flag.name not in flagged), *flags)
    supposed = replace(profile, requests=(*kept, *requests), variants=variants)
    outcome = choose(supposed, Options(locked=lock, update=tuple(request.name for request in requests)))
    if isinstance(outcome, Conflict):
        return WhatIf(outcome)
    return WhatIf(None, compare_with_lock(lock, outcome))


def compare_with_lock(lock: Lock | None, resolution: Resolution) -> tuple[VersionChange, ...]:
    """Compare a lock with a resolution."""
    before = {package.id: _describe(package.version, package.flags) for package in lock.packages} if lock else {}
    after = {pick.id: _describe(pick.version, pick.flags) for pick in resolution.packages}
    return tuple(
        VersionChange(name, before.get(name, ""), after.get(name, ""))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _describe(version: str, flags: Sequence[str]) -> str:
    return " ".join((version, *flags))
