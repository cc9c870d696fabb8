"""The lock file next to a profile: where it is, reading and writing it, and whether it is up to date."""

from typing import TYPE_CHECKING

from nipsys.effects import read_bytes, replace_file
from nipsys.lock import format_lock, read_lock
from nipsys.model import Frozen, field, reject
from nipsys.model.system import Lock, Profile

if TYPE_CHECKING:
    from nipsys.app.sync import ProfileSources


class LockResult(Frozen):
    """A profile's lock and how it was obtained."""

    lock: Lock
    path: str
    """Path of the lock file."""
    previous: Lock | None
    """The lock that was in this file before; ``None`` when the file did not exist."""
    resolved: bool
    """It was resolved now; otherwise the lock on disk was up to date."""
    sources: "ProfileSources | None" = field(default=None, compare=False, repr=False)
    """The sources it was resolved with; ``None`` when it was read only."""

    @property
    def changed(self) -> bool:
        """Whether the lock file now has other content than before."""
        return self.previous is None or self.previous.digest != self.lock.digest


def lock_path(profile_path: str) -> str:
    """Return the path of the lock of a profile: ``workstation.kdl`` has ``workstation.lock.kdl``."""
    stem, dot, ending = profile_path.rpartition(".")
    return f"{stem if dot and ending in {'kdl', 'toml'} else profile_path}.lock.kdl"


def load_lock(path: str) -> Lock | None:
    """Read the lock at ``path``, or return ``None`` when the file does not exist. Raise ``Rejected`` when it was edited by hand."""
    try:
        text = read_bytes(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    return read_lock(text, path)


def write_lock(path: str, lock: Lock) -> None:
    """Write a lock to ``path``. Raise ``Rejected`` (kind ``host``) when it cannot be written."""
    try:
        replace_file(path, format_lock(lock).encode("utf-8", "surrogateescape"))
    except OSError as error:
        message = f"cannot write the lock `{path}`: {(error.strerror or str(error)).lower()}"
        raise reject("host", "not-writable", message, hint="the old lock is unchanged") from error


def find_matching_lock(profile: Profile) -> Lock | None:
    """Return the lock of ``profile`` when it was made from exactly this profile, else ``None``."""
    lock = load_lock(lock_path(profile.path))
    return lock if lock is not None and lock.profile_digest == profile.digest else None


def require_lock(profile: Profile) -> LockResult:
    """Return the lock that ``--locked`` uses. Raise ``Rejected`` when it is missing or out of date."""
    path = lock_path(profile.path)
    lock = load_lock(path)
    if lock is None:
        raise reject("request", "no-lock", f"`--locked` needs `{path}`, which does not exist", hint=f"run `nipsys lock {profile.path}`")
    if lock.profile_digest != profile.digest:
        raise reject(
            "request", "stale-lock", f"`{path}` is out of date with `{profile.path}`",
            "the profile changed after the lock was made, so the lock may lack packages it requests",
            hint=f"run `nipsys lock {profile.path}`, review the difference, and commit both files",
        )  # fmt: skip
    return LockResult(lock, path, lock, resolved=False)
