"""Questions that change nothing: search, ownership, the resolution's graph, comparison of sources, and audits."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.query.audit import audit_subject, draw_closure, trace_seed
    from nipsys.app.query.comparison import Comparison
    from nipsys.app.query.graph import draw_graph, load_worlds, read_lock_of, try_changes
    from nipsys.app.query.ownership import find_owners, list_files
    from nipsys.app.query.search import Hit, PackageDetails, SearchResult, find_package, search_packages
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "audit": (
                "audit_subject",
                "draw_closure",
                "trace_seed",
            ),
            "comparison": ("Comparison",),
            "graph": (
                "draw_graph",
                "load_worlds",
                "read_lock_of",
                "try_changes",
            ),
            "ownership": (
                "find_owners",
                "list_files",
            ),
            "search": (
                "Hit",
                "PackageDetails",
                "SearchResult",
                "find_package",
                "search_packages",
            ),
        },
    )

__all__ = [
    "Comparison",
    "Hit",
    "PackageDetails",
    "SearchResult",
    "audit_subject",
    "draw_closure",
    "draw_graph",
    "find_owners",
    "find_package",
    "list_files",
    "load_worlds",
    "read_lock_of",
    "search_packages",
    "trace_seed",
    "try_changes",
]
