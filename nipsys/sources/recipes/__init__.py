"""The project's own recipes as a source: packages that are built, not fetched."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.recipes.source import open_source
    from nipsys.sources.recipes.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "open_source"]
