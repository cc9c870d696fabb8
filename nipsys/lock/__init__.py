"""A resolution written down: one canonical text for one value, and the value back from it.

How the app calls this::

    text = write(lock)                             # the file; equal locks are equal bytes
    lock = read(text, "workstation.lock.kdl")      # Rejected(kind="profile") with lines when it was edited
    lock = sealed(lock)                            # the value with its digest, without going through text
    lock.profile_digest == profile.digest          # fresh?
"""

from nipsys.lock.write import sealed, write
from nipsys.model.system.lock import Lock

__all__ = ["read", "sealed", "write"]


def read(text: str, path: str) -> Lock:
    """Read the lock ``text`` that stands at ``path``; ``Rejected`` with every mistake when it is not what ``write`` gives."""
    from nipsys.lock.read import read  # noqa: PLC0415 - brings ckdl, and a first lock has none before it

    return read(text, path)
