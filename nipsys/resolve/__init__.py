"""Choosing: requests and worlds to a resolution, or to a conflict told as sentences with fixes.

How the app calls this::

    worlds = [World(source.spec, Index(mapped), source.dialect) for each source of the profile]
    outcome = resolve(worlds, profile, Options(locked=old_lock, update=("vim",)))
    if isinstance(outcome, Conflict):
        raise outcome.rejected()                 # every problem with its place, the reasons, fixes that were tried
    lock = to_lock(outcome, worlds, profile)

``Options(locked=old)`` keeps what the lock has; names in ``update`` may move; without ``locked`` everything is chosen anew.

Only the names a profile asks for compete across sources; whatever they need comes from their own world.
Modules: ``question`` is what engines are asked (numbers only); ``lazy`` the engine; ``sat`` and ``asp`` the optional ones;
``space`` joins worlds into one universe; ``wanted`` reads requests; ``choose`` is the whole way; ``verify_words`` checks every answer,
``verify`` an engine; ``explain`` tells a no; ``written`` makes the lock; ``graph`` is the finished resolution as a graph.
"""

from nipsys.resolve.solve import Options, resolve
from nipsys.resolve.to_lock import to_lock
from nipsys.resolve.world import World

__all__ = ["Options", "World", "resolve", "to_lock"]
