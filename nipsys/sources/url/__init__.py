"""A single program or archive given by address and digest."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.url.source import open_source
    from nipsys.sources.url.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "open_source"]
