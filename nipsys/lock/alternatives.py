"""The alternatives that a lock records, as facts of the packages that offer them.

``alternative:editor`` is a default: it is kept until ``update`` or until its package is removed.
``chosen:editor`` is a choice of the profile and is removed with it.
"""

from collections.abc import Collection, Iterable, Mapping

from nipsys.lock.write import add_digest
from nipsys.model import replace
from nipsys.model.system import Lock, LockedPackage

KEPT_PREFIX, CHOSEN_PREFIX = "alternative:", "chosen:"
_PREFIXES = (KEPT_PREFIX, CHOSEN_PREFIX)


def record_choices(lock: Lock, rows: Iterable[tuple[str, str, str]], chosen: Collection[str]) -> Lock:
    """Record ``rows``, (generic name, path, id of the package that offers it), and drop all recorded before.

    ``chosen`` are the names that the profile chooses. Return the same lock object when nothing changes.
    """
    wanted: dict[str, dict[str, str]] = {}
    for name, path, package in rows:
        wanted.setdefault(package, {})[f"{CHOSEN_PREFIX if name in chosen else KEPT_PREFIX}{name}"] = path
    return _set_facts(lock, wanted)


def carry_over(before: Lock, after: Lock, moved: Collection[str]) -> Lock:
    """Copy the default alternatives of ``before`` to packages that are still locked, except those in ``moved`` (names or ids)."""
    held: dict[str, dict[str, str]] = {}
    for package in before.packages:
        if package.id not in moved and package.name not in moved:
            held[package.id] = {key: value for key, value in package.facts if key.startswith(KEPT_PREFIX)}
    return _set_facts(after, held)


def _set_facts(lock: Lock, wanted: Mapping[str, dict[str, str]]) -> Lock:
    packages = tuple(_set_package_facts(package, wanted.get(package.id, {})) for package in lock.packages)
    return lock if packages == lock.packages else add_digest(replace(lock, packages=packages))


def _set_package_facts(package: LockedPackage, wanted: dict[str, str]) -> LockedPackage:
    facts = {key: value for key, value in package.facts if not key.startswith(_PREFIXES)} | wanted
    sorted_facts = tuple(sorted(facts.items()))
    return package if sorted_facts == tuple(sorted(package.facts)) else package._replace(facts=sorted_facts)
