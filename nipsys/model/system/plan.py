"""A plan: what would change and what it costs, as a value that is shown and then carried out, the very same one."""

from typing import Literal, NamedTuple

from nipsys.model.digest import Digest
from nipsys.model.value import Frozen


class PackageChange(NamedTuple):
    """One package before and after; ``None`` where it is not there."""

    id: str
    """``source/name``."""
    name: str
    before: str | None
    """Version now."""
    after: str | None
    """Version then."""
    requested: bool
    """The profile names it."""
    why: str
    """``added``, ``removed``, ``version``, ``content`` (same version, other bytes), ``exposed`` (asked for, or no longer), ``kept``."""


class Fetch(NamedTuple):
    """One artifact that is not in the store."""

    id: str
    location: str
    size: int
    """Bytes; 0 when the source does not say."""
    digest: str


class SettingChange(NamedTuple):
    """One variable, file or service before and after; ``None`` where it is not there."""

    kind: Literal["env", "file", "service"]
    name: str
    before: str | None
    """A variable's value, a service's command, a file's ``blake3:<hex> <mode>``."""
    after: str | None


class Plan(Frozen):
    """The way from a system to a lock."""

    profile: str
    profile_digest: Digest
    lock_digest: Digest
    arch: str
    fresh: bool
    """The system holds this profile and this lock already."""
    added: tuple[PackageChange, ...] = ()
    """This and the next three by id."""
    removed: tuple[PackageChange, ...] = ()
    changed: tuple[PackageChange, ...] = ()
    kept: tuple[PackageChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    fetch: tuple[Fetch, ...] = ()
    """Artifacts to download, by id."""
    build: tuple[str, ...] = ()
    """Ids of the packages to build from source."""
    worlds: tuple[str, ...] = ()
    """Worlds whose view will be another."""
    notes: tuple[str, ...] = ()
    """What must be said each time: a source whose signatures are not checked."""

    @property
    def nothing(self) -> bool:
        """Return whether there is nothing to do."""
        return self.fresh and not (self.added or self.removed or self.changed or self.settings or self.fetch or self.build)

    @property
    def size(self) -> int:
        """Bytes to download, as far as they are known."""
        return sum(artifact.size for artifact in self.fetch)

    def value(self) -> dict[str, object]:
        """Return the plan as a JSON value."""
        return {
            "profile": self.profile,
            "profile_digest": self.profile_digest,
            "lock_digest": self.lock_digest,
            "arch": self.arch,
            "nothing": self.nothing,
            "added": [change._asdict() for change in self.added],
            "removed": [change._asdict() for change in self.removed],
            "changed": [change._asdict() for change in self.changed],
            "kept": len(self.kept),
            "settings": [change._asdict() for change in self.settings],
            "fetch": [artifact._asdict() for artifact in self.fetch],
            "fetch_size": self.size,
            "build": list(self.build),
            "worlds": list(self.worlds),
            "notes": list(self.notes),
        }
