"""Dependency resolution: requests and worlds to a resolution, or to a conflict explained in sentences with fixes.

With one world for each source of the profile, made of its settings, its mapped index and its dialect::

    worlds = [World(source.spec, index, source.dialect) for source, index in opened]
    outcome = resolve(worlds, profile, Options(locked=old_lock, update=("vim",)))
    if isinstance(outcome, Conflict):
        raise outcome.to_rejected()              # every problem with its location, the reasons, fixes that were tried
    lock = to_lock(outcome, worlds, profile)

``Options(locked=old)`` keeps locked versions; names in ``update`` may move. Without ``locked`` everything is resolved from scratch.

Only the names a profile requests compete across sources; their dependencies come from their own world.
Modules: ``engines`` solve in numbers only; ``universe`` joins worlds into one; ``requirements`` reads requests; ``solve`` runs the whole
resolution; ``verifier`` checks every answer; ``explain`` describes a conflict; ``conversion`` makes a lock of an answer; ``graph`` is
a lock as a graph.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.resolve.case import Options
    from nipsys.resolve.conversion import to_lock
    from nipsys.resolve.graph import build_tree, find_paths, to_dot, to_json
    from nipsys.resolve.solve import resolve
    from nipsys.resolve.what_if import WhatIf, simulate
    from nipsys.resolve.world import World
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "case": ("Options",),
            "conversion": ("to_lock",),
            "graph": ("build_tree", "find_paths", "to_dot", "to_json"),
            "solve": ("resolve",),
            "what_if": ("WhatIf", "simulate"),
            "world": ("World",),
        },
    )

__all__ = ["Options", "WhatIf", "World", "build_tree", "find_paths", "resolve", "simulate", "to_dot", "to_json", "to_lock"]
