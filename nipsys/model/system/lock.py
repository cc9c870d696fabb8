"""The lock: every artifact of a resolution, with digest and size; equal locks have equal bytes."""

from typing import NamedTuple

from nipsys.model.package import Snapshot
from nipsys.model.value import Frozen


class LockedPackage(NamedTuple):
    """One locked package. A NamedTuple, because a lock has thousands of them."""

    source: str
    """The source's name in the profile: the world it belongs to."""
    name: str
    version: str
    arch: str = ""
    format: str = ""
    location: str = ""
    """Path relative to the mirror; a URL for sources without a mirror; empty when the package is built."""
    size: int = 0
    digest: str = ""
    purl: str = ""
    """Package URL, https://github.com/package-url/purl-spec."""
    requested: bool = False
    """Named in the profile, so its programs are exposed."""
    essential: bool = False
    flags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Ids of the locked packages that satisfy its dependencies, sorted."""
    facts: tuple[tuple[str, str], ...] = ()
    """``variant`` (hash), ``recipe``, ``alternative:<link>``, ``expose``, ``run``, ``scripts``, ... by key."""

    @property
    def id(self) -> str:
        """``source/name``: unique in a lock (a slot is part of the name: ``gentoo/dev-lang/python:3.12``)."""
        return f"{self.source}/{self.name}"


class LockedSource(Frozen):
    """One source in the state it had when the lock was made."""

    name: str
    kind: str
    snapshot: Snapshot
    settings: tuple[tuple[str, str], ...] = ()
    """Settings that decide which bytes are locked (suite, repos, components), never the URL of a mirror."""


class Lock(Frozen):
    """A resolution as it is written to the lock file."""

    profile: str
    """Name of the profile."""
    profile_digest: str
    arch: str
    sources: tuple[LockedSource, ...]
    """Sorted by name."""
    packages: tuple[LockedPackage, ...]
    """Sorted by id."""
    digest: str = ""
    """BLAKE3 of the canonical text; set by the reader and the writer."""
