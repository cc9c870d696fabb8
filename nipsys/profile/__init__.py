"""Text to Profile: KDL v2 and TOML, one schema, every mistake at once.

How the app calls this::

    profile = read("workstation.kdl", disk.read_bytes, host=None, arch="x86_64")   # Rejected(kind="profile") with all mistakes
    profile.digest                                                               # the lock is fresh when its profile_digest is this
"""

from nipsys.profile.merge import TextOf, read

__all__ = ["TextOf", "read"]
