"""From a profile to its lock: read the profile, resolve it, write the lock file, and edit the profile."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.lock.declaration import last_applied_path, load_kinds, load_profile
    from nipsys.app.lock.edit import EditResult, add_packages, applied_profile_path, remove_packages
    from nipsys.app.lock.file import LockResult, find_matching_lock, load_lock, lock_path, require_lock, write_lock
    from nipsys.app.lock.make import ProofGoal, lock_profile
    from nipsys.app.lock.renew import resolve_lock, resolve_profile
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "declaration": ("last_applied_path", "load_kinds", "load_profile"),
            "edit": ("EditResult", "add_packages", "applied_profile_path", "remove_packages"),
            "file": ("LockResult", "find_matching_lock", "load_lock", "lock_path", "require_lock", "write_lock"),
            "make": ("ProofGoal", "lock_profile"),
            "renew": ("resolve_lock", "resolve_profile"),
        },
    )

__all__ = [
    "EditResult",
    "LockResult",
    "ProofGoal",
    "add_packages",
    "applied_profile_path",
    "find_matching_lock",
    "last_applied_path",
    "load_kinds",
    "load_lock",
    "load_profile",
    "lock_path",
    "lock_profile",
    "remove_packages",
    "require_lock",
    "resolve_lock",
    "resolve_profile",
    "write_lock",
]
