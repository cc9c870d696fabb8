"""Solvers for instances in numbers only, the functions that reduce, improve and verify their answers, and the table of engines."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.resolve.engines.instance import (
        CONFLICTS,
        DEPENDS,
        EXCLUSIVE,
        ROOT,
        Answer,
        BudgetExceeded,
        Core,
        CoreClause,
        Dependency,
        Expansion,
        Instance,
        Root,
    )
    from nipsys.resolve.engines.minimal_update import minimize_changes
    from nipsys.resolve.engines.mus import minimize_core
    from nipsys.resolve.engines.no_gc import pause_gc
    from nipsys.resolve.engines.table import engine_of
    from nipsys.resolve.engines.verifier import InvalidAnswer, verify_answer
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "instance": (
                "Answer",
                "BudgetExceeded",
                "CONFLICTS",
                "Core",
                "CoreClause",
                "DEPENDS",
                "Dependency",
                "EXCLUSIVE",
                "Expansion",
                "Instance",
                "ROOT",
                "Root",
            ),
            "minimal_update": ("minimize_changes",),
            "mus": ("minimize_core",),
            "no_gc": ("pause_gc",),
            "table": ("engine_of",),
            "verifier": ("InvalidAnswer", "verify_answer"),
        },
    )

__all__ = [
    "CONFLICTS",
    "DEPENDS",
    "EXCLUSIVE",
    "ROOT",
    "Answer",
    "BudgetExceeded",
    "Core",
    "CoreClause",
    "Dependency",
    "Expansion",
    "Instance",
    "InvalidAnswer",
    "Root",
    "engine_of",
    "minimize_changes",
    "minimize_core",
    "pause_gc",
    "verify_answer",
]
