"""npm registries: packuments, registry signatures and the links of node_modules."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.npm.node_modules import build_links
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "node_modules": ("build_links",),
        },
    )

__all__ = ["build_links"]
