"""Bring the indexes of sources up to date: fetch, verify, refuse rollbacks, and write the index that the resolver maps."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.sync.crawl import crawl_sources
    from nipsys.app.sync.indexes import sync
    from nipsys.app.sync.opened import ProfileSources, open_sources
    from nipsys.app.sync.source_status import index_names, list_kinds, list_synced
    from nipsys.app.sync.worlds import open_worlds, refresh_indexes
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "crawl": ("crawl_sources",),
            "indexes": ("sync",),
            "opened": (
                "ProfileSources",
                "open_sources",
            ),
            "source_status": (
                "index_names",
                "list_kinds",
                "list_synced",
            ),
            "worlds": (
                "open_worlds",
                "refresh_indexes",
            ),
        },
    )

__all__ = [
    "ProfileSources",
    "crawl_sources",
    "index_names",
    "list_kinds",
    "list_synced",
    "open_sources",
    "open_worlds",
    "refresh_indexes",
    "sync",
]
