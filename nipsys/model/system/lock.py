"""The lock: every artifact of a resolution, with digest and size; equal locks are equal bytes."""

from typing import NamedTuple

from nipsys.model.package.record import Snapshot
from nipsys.model.value import Frozen


class LockedPackage(NamedTuple):
    """One chosen package. A NamedTuple because a lock has thousands of them."""

    source: str
    """The source's name in the profile: the world it belongs to."""
    name: str
    version: str
    arch: str = ""
    format: str = ""
    location: str = ""
    """Mirror-relative path; an address for sources without a mirror; empty when it is built."""
    size: int = 0
    digest: str = ""
    purl: str = ""
    """Package URL, https://github.com/package-url/purl-spec."""
    requested: bool = False
    """The profile names it, so its programs are exposed."""
    essential: bool = False
    flags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Ids of the chosen packages that satisfy its dependencies, sorted."""
    facts: tuple[tuple[str, str], ...] = ()
    """``variant`` (hash), ``recipe``, ``alternative:<link>``, ``expose``, ``run``, ``scripts``, ... by key."""

    @property
    def id(self) -> str:
        """``source/name``: unique in a lock (a slot is part of the name: ``gentoo/dev-lang/python:3.12``)."""
        return f"{self.source}/{self.name}"


class LockedSource(Frozen):
    """One source as it stood when the lock was made."""

    name: str
    kind: str
    snapshot: Snapshot
    settings: tuple[tuple[str, str], ...] = ()
    """Those settings that change what the bytes are (suite, repos, components), never a mirror's address."""


class Lock(Frozen):
    """A resolution written down."""

    profile: str
    """Name of the profile."""
    profile_digest: str
    arch: str
    sources: tuple[LockedSource, ...]
    """By name."""
    packages: tuple[LockedPackage, ...]
    """By id."""
    digest: str = ""
    """BLAKE3 of the canonical text; filled in by the reader and the writer."""
