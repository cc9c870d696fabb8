"""npm registries: packuments, registry signatures and the links of node_modules."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.npm.source import open_source
    from nipsys.sources.npm.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "open_source"]
