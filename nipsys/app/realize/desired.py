"""What is to become the current system, with everything that was read to plan it and that carrying it out needs again."""

from nipsys.app.realize.fetch import FoundTrees
from nipsys.app.sync import ProfileSources
from nipsys.model import Frozen
from nipsys.model.system import Generation, Lock, Profile


class DesiredSystem(Frozen):
    """A profile, its lock, and what planning it found out."""

    profile: Profile
    lock: Lock
    sources: ProfileSources
    """Opened already if the lock was made now."""
    found: FoundTrees
    """The packages of the lock that were in the store."""
    current: Generation | None
    """The generation that was current."""
    keep: str | None
    """Path of the lock file, if the chosen alternatives may be recorded in it."""
