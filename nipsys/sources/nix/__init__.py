"""Nix binary caches: narinfo files, Ed25519 signatures, the name index and the relocation of store paths."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.nix.index import from_evaluator, from_store_paths, write_index
    from nipsys.sources.nix.rewrite import STORE_PREFIX, plan_relocation
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "index": ("from_evaluator", "from_store_paths", "write_index"),
            "rewrite": ("STORE_PREFIX", "plan_relocation"),
        },
    )

__all__ = ["STORE_PREFIX", "from_evaluator", "from_store_paths", "plan_relocation", "write_index"]
