"""The alternatives that a lock records, as facts of the packages that offer them.

``alternative:editor`` is a choice that nobody made: it stays as it is until ``update``, or until its package goes.
``chosen:editor`` is the profile's, and goes with the profile's word.
"""

from collections.abc import Collection, Iterable, Mapping

from nipsys.lock.write import sealed
from nipsys.model.system.lock import Lock, LockedPackage
from nipsys.model.value import replace

KEPT, CHOSEN = "alternative:", "chosen:"
_BOTH = (KEPT, CHOSEN)


def with_choices(lock: Lock, rows: Iterable[tuple[str, str, str]], chosen: Collection[str]) -> Lock:
    """Record ``rows``, (generic name, path, id of the package that offers it), in the place of all that was recorded.

    ``chosen`` are the names for which the profile chose. The very same lock comes back when it says so already.
    """
    wanted: dict[str, dict[str, str]] = {}
    for name, path, package in rows:
        wanted.setdefault(package, {})[f"{CHOSEN if name in chosen else KEPT}{name}"] = path
    return _with(lock, wanted)


def carried(before: Lock, after: Lock, moved: Collection[str]) -> Lock:
    """Take over what ``before`` recorded of packages that are still there, but for those in ``moved`` (names or ids)."""
    held: dict[str, dict[str, str]] = {}
    for package in before.packages:
        if package.id not in moved and package.name not in moved:
            held[package.id] = {key: value for key, value in package.facts if key.startswith(KEPT)}
    return _with(after, held)


def _with(lock: Lock, wanted: Mapping[str, dict[str, str]]) -> Lock:
    packages = tuple(_changed(package, wanted.get(package.id, {})) for package in lock.packages)
    return lock if packages == lock.packages else sealed(replace(lock, packages=packages))


def _changed(package: LockedPackage, wanted: dict[str, str]) -> LockedPackage:
    facts = {key: value for key, value in package.facts if not key.startswith(_BOTH)} | wanted
    sorted_facts = tuple(sorted(facts.items()))
    return package if sorted_facts == tuple(sorted(package.facts)) else package._replace(facts=sorted_facts)
