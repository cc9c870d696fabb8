"""Compare a lock with a system: what is added, removed, changed and kept, and what has to be fetched and built for it."""

from collections.abc import Callable, Mapping
from typing import Literal

from nipsys.model import Digest
from nipsys.model.system import Fetch, Lock, LockedPackage, PackageChange, PlacedPackage, Plan, Profile, SettingChange, System

FindTree = Callable[[Digest], str | None]
"""Returns the digest of the tree made from an artifact (for builds: from a variant), ``None`` when the store has no such tree."""


def make_plan(profile: Profile, lock: Lock, current: System | None, stored: FindTree) -> Plan:
    """Return the plan from ``current`` (``None`` before the first apply) to what ``lock`` and ``profile`` declare.

    Pure except for one call of ``stored`` per package. The plan is empty (``nothing``) exactly when the system was made from this very
    profile and lock and the store still has all of it.
    """
    before = {placed.id: placed for placed in current.packages} if current else {}
    after = {package.id: package for package in lock.packages}
    trees = {identity: stored(store_key_of(package)) if store_key_of(package) else None for identity, package in after.items()}
    added = [_change(None, package, "added") for identity, package in after.items() if identity not in before]
    removed = [
        PackageChange(placed.id, placed.name, placed.version, None, placed.requested, "removed")
        for placed in before.values()
        if placed.id not in after
    ]
    both = [
        _change(before[identity], package, _why(before[identity], package, trees[identity]))
        for identity, package in after.items()
        if identity in before
    ]
    changed = [change for change in both if change.why != "kept"]
    missing = [package for identity, package in after.items() if trees[identity] is None]
    return Plan(
        profile.name,
        profile.digest,
        lock.digest,
        lock.arch,
        _is_up_to_date(profile, lock, current),
        _sorted(added),
        _sorted(removed),
        _sorted(changed),
        _sorted([change for change in both if change.why == "kept"]),
        _settings(profile, current),
        tuple(sorted(Fetch(package.id, package.location, package.size, package.digest) for package in missing if package.location)),
        tuple(sorted(package.id for package in missing if not package.location)),
        tuple(sorted({change.id.partition("/")[0] for change in (*added, *removed, *changed)})),
        _notes(profile, lock),
    )


def store_key_of(package: LockedPackage) -> Digest:
    """Return the digest by which the store finds a package: its artifact's, or its variant's if it is built; empty when not known yet."""
    return package.digest or dict(package.facts).get("variant", "")


def _change(placed: PlacedPackage | None, package: LockedPackage, why: str) -> PackageChange:
    return PackageChange(package.id, package.name, placed and placed.version, package.version, package.requested, why)


def _why(placed: PlacedPackage, package: LockedPackage, tree: str | None) -> str:
    if placed.version != package.version:
        return "version"
    if tree is not None and tree != placed.tree:
        return "content"
    return "exposed" if placed.requested != package.requested else "kept"


def _sorted(changes: list[PackageChange]) -> tuple[PackageChange, ...]:
    return tuple(sorted(changes, key=lambda change: change.id))


def _is_up_to_date(profile: Profile, lock: Lock, current: System | None) -> bool:
    return current is not None and (current.profile_digest, current.lock_digest, current.arch) == (profile.digest, lock.digest, lock.arch)


def _settings(profile: Profile, current: System | None) -> tuple[SettingChange, ...]:
    files = {spec.target: _describe_file(spec.digest, spec.mode) for spec in profile.files}
    placed = {target: _describe_file(digest, mode) for target, digest, mode in current.files} if current else {}
    services = {service.name: _describe_service(service.exec, service.after) for service in profile.services}
    running = {name: _describe_service(command, after) for name, command, after in current.services} if current else {}
    return (
        *_differences("env", dict(current.env) if current else {}, dict(profile.env)),
        *_differences("file", placed, files),
        *_differences("service", running, services),
    )


def _describe_file(digest: Digest, mode: int) -> str:
    return f"{digest} {mode:04o}"


def _describe_service(command: str, after: tuple[str, ...]) -> str:
    return f"{command} (after {' '.join(after)})" if after else command


def _differences(kind: Literal["env", "file", "service"], before: Mapping[str, str], after: Mapping[str, str]) -> list[SettingChange]:
    names = sorted({*before, *after})
    return [SettingChange(kind, name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _notes(profile: Profile, lock: Lock) -> tuple[str, ...]:
    """Return a note for every source whose packages no signature covers: by the profile's choice, or because its kind is not signed."""
    used = {package.source for package in lock.packages}
    notes = {source.name: f"`{source.name}`: {said}" for source in lock.sources if (said := dict(source.snapshot.facts).get("warning"))}
    unsigned = (spec.name for spec in profile.sources if spec.get("signatures") == "none")
    notes |= {name: f"signatures of source `{name}` are not verified" for name in unsigned}
    return tuple(notes[name] for name in sorted(used & notes.keys()))
