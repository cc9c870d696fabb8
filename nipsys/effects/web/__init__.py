"""Fetching over HTTP and from files: bounded, verified, resumed and retried; with an offline and an in-memory variant."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.web.fetcher import Fetcher, OfflineWeb, Web
    from nipsys.effects.web.transfer import Fetched, file_name_of
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "fetcher": (
                "Fetcher",
                "OfflineWeb",
                "Web",
            ),
            "transfer": (
                "Fetched",
                "file_name_of",
            ),
        },
    )

__all__ = ["Fetched", "Fetcher", "OfflineWeb", "Web", "file_name_of"]
