"""Maintenance of the store: verification, repair, garbage collection and deduplication."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.store.maintenance.dedupe import Deduplicated, deduplicate
    from nipsys.store.maintenance.gc import DeadTree, find_dead_trees, remove_dead_trees
    from nipsys.store.maintenance.repair import ArtifactSource, repair_trees
    from nipsys.store.maintenance.verify import TreeReport, verify_trees
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "dedupe": ("Deduplicated", "deduplicate"),
            "gc": ("DeadTree", "find_dead_trees", "remove_dead_trees"),
            "repair": ("ArtifactSource", "repair_trees"),
            "verify": ("TreeReport", "verify_trees"),
        },
    )

__all__ = [
    "ArtifactSource",
    "DeadTree",
    "Deduplicated",
    "TreeReport",
    "deduplicate",
    "find_dead_trees",
    "remove_dead_trees",
    "repair_trees",
    "verify_trees",
]
