"""Consistency checks between the parts of a lock."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from nipsys.model.system import Lock, LockedPackage

_LENGTHS = {"blake3": 64, "sha256": 64, "sha512": 128, "sha1": 40, "md5": 32}


def is_valid(lock: Lock) -> bool:
    """Return whether ids are unique, every referenced source and package is locked, and all digests are valid."""
    known = {package.id for package in lock.packages}
    worlds = {source.name for source in lock.sources}
    return len(known) == len(lock.packages) and all(
        package.source in worlds and known.issuperset(package.needs) and not is_bad_digest(package.digest) for package in lock.packages
    )


def find_missing(worlds: AbstractSet[str], packages: Iterable[LockedPackage]) -> dict[str, list[str]]:
    """Return, by package id, the source and the dependencies that are missing from the lock."""
    packages = tuple(packages)
    known = {package.id for package in packages}
    lacking = {package.id: [need for need in package.needs if need not in known] for package in packages}
    for package in packages:
        if package.source not in worlds:
            lacking[package.id].insert(0, package.source)
    return {identity: names for identity, names in lacking.items() if names}


def is_bad_digest(digest: str) -> bool:
    """Return whether ``digest`` is neither empty nor ``algorithm:hex`` of the right length in lower case."""
    if not digest:
        return False
    algorithm, _, value = digest.partition(":")
    return _LENGTHS.get(algorithm) != len(value) or not value.isascii() or bool(value.strip("0123456789abcdef"))
