"""A resolution written down: one canonical text for one value, and the value back from it.

How the app calls this::

    text = write(lock)                             # the file; equal locks are equal bytes
    lock = read(text, "workstation.lock.kdl")      # Rejected(kind="profile") with lines when it was edited
    lock = sealed(lock)                            # the value with its digest, without going through text
    lock.profile_digest == profile.digest          # fresh?
"""

from nipsys.lock.read import read
from nipsys.lock.write import sealed, write

__all__ = ["read", "sealed", "write"]
