"""Fetching over HTTP and from files: bounded, verified, resumed and retried; with an offline and an in-memory variant."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.web.fetcher import Fetcher, OfflineWeb, Web
    from nipsys.effects.web.transfer import Fetched
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "fetcher": ("Fetcher", "OfflineWeb", "Web"),
            "transfer": ("Fetched",),
        },
    )

__all__ = ["Fetched", "Fetcher", "OfflineWeb", "Web"]
