"""The lock file: a resolution to its one canonical text and back.

Usage::

    text = write(lock)                             # the lock file; equal locks have equal bytes
    lock = read(text, "workstation.lock.kdl")      # raises Rejected(kind="profile") with line numbers if it was edited
    lock = sealed(lock)                            # the lock with its digest set, without parsing text
    lock.profile_digest == profile.digest          # is the lock up to date?
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.lock.alternatives import carry_over, record_choices
    from nipsys.lock.read import read_lock
    from nipsys.lock.write import add_digest, format_lock
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "alternatives": ("carry_over", "record_choices"),
            "read": ("read_lock",),
            "write": ("add_digest", "format_lock"),
        },
    )

__all__ = ["add_digest", "carry_over", "format_lock", "read_lock", "record_choices"]
