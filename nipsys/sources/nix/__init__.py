"""Nix binary caches: narinfo files, Ed25519 signatures, the name index and the relocation of store paths."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.nix.rewrite import STORE_PREFIX, plan_relocation
    from nipsys.sources.nix.source import open_source
    from nipsys.sources.nix.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "rewrite": (
                "STORE_PREFIX",
                "plan_relocation",
            ),
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["STORE_PREFIX", "TRAITS", "open_source", "plan_relocation"]
