"""A plan: what would change and what it costs. The value that is shown is the value that is carried out."""

from typing import Literal, NamedTuple

from nipsys.model.digest import Digest
from nipsys.model.value import Frozen


class PackageChange(NamedTuple):
    """One package before and after; ``None`` where it is not installed."""

    id: str
    """``source/name``."""
    name: str
    before: str | None
    """Current version."""
    after: str | None
    """Planned version."""
    requested: bool
    """Named in the profile."""
    why: str
    """``added``, ``removed``, ``version``, ``content`` (same version, other bytes), ``exposed`` (requested, or no longer), ``kept``."""


class Fetch(NamedTuple):
    """One artifact that is not in the store."""

    id: str
    location: str
    size: int
    """Bytes; 0 when unknown."""
    digest: str


class SettingChange(NamedTuple):
    """One variable, file or service before and after; ``None`` where it does not exist."""

    kind: Literal["env", "file", "service"]
    name: str
    before: str | None
    """A variable's value, a service's command, a file's ``blake3:<hex> <mode>``."""
    after: str | None


class Plan(Frozen):
    """The changes that lead from a system to a lock."""

    profile: str
    profile_digest: Digest
    lock_digest: Digest
    arch: str
    up_to_date: bool
    """The system already has this profile and this lock."""
    added: tuple[PackageChange, ...] = ()
    """Sorted by id, like the next three."""
    removed: tuple[PackageChange, ...] = ()
    changed: tuple[PackageChange, ...] = ()
    kept: tuple[PackageChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    fetch: tuple[Fetch, ...] = ()
    """Artifacts to download, sorted by id."""
    build: tuple[str, ...] = ()
    """Ids of the packages to build from source."""
    worlds: tuple[str, ...] = ()
    """Worlds whose view changes."""
    notes: tuple[str, ...] = ()
    """Notes to show every time, also when there is nothing to do: a source whose packages no signature covers."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.up_to_date and not (self.added or self.removed or self.changed or self.settings or self.fetch or self.build)

    @property
    def fetch_size(self) -> int:
        """Bytes to download, as far as sizes are known."""
        return sum(artifact.size for artifact in self.fetch)

    def to_dict(self) -> dict[str, object]:
        """Return the plan as a JSON value."""
        return {
            "profile": self.profile,
            "profile_digest": self.profile_digest,
            "lock_digest": self.lock_digest,
            "arch": self.arch,
            "nothing": self.is_empty,
            "added": [change._asdict() for change in self.added],
            "removed": [change._asdict() for change in self.removed],
            "changed": [change._asdict() for change in self.changed],
            "kept": len(self.kept),
            "settings": [change._asdict() for change in self.settings],
            "fetch": [artifact._asdict() for artifact in self.fetch],
            "fetch_size": self.fetch_size,
            "build": list(self.build),
            "worlds": list(self.worlds),
            "notes": list(self.notes),
        }
