"""Packs: trees, with or without a generation, in one file that can be signed."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.store.pack.read import Trusted, Unpacked, read_pack
    from nipsys.store.pack.write import PackHeader, Sign, write_pack
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "read": ("Trusted", "Unpacked", "read_pack"),
            "write": ("PackHeader", "Sign", "write_pack"),
        },
    )

__all__ = ["PackHeader", "Sign", "Trusted", "Unpacked", "read_pack", "write_pack"]
