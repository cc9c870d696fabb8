"""The lock file: a resolution to its one canonical text and back.

Usage::

    text = write(lock)                             # the lock file; equal locks have equal bytes
    lock = read(text, "workstation.lock.kdl")      # raises Rejected(kind="profile") with line numbers if it was edited
    lock = sealed(lock)                            # the lock with its digest set, without parsing text
    lock.profile_digest == profile.digest          # is the lock up to date?
"""

from nipsys.lock.write import add_digest, format_lock
from nipsys.model.system.lock import Lock

__all__ = ["add_digest", "format_lock", "read_lock"]


def read_lock(text: str, path: str) -> Lock:
    """Read the lock ``text`` of the file ``path``; raise ``Rejected`` with every error when it is not exactly what ``write`` returns."""
    from nipsys.lock.read import read_lock  # noqa: PLC0415 - loads ckdl, which making a first lock does not need

    return read_lock(text, path)
