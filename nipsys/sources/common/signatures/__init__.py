"""Signature algorithms of ecosystems that do not use OpenPGP: Ed25519 (Nix) and RSA (Alpine)."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.common.signatures.ed25519 import is_valid_in_python, is_valid_signature
    from nipsys.sources.common.signatures.rsa import PublicKey, read_key
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "ed25519": ("is_valid_in_python", "is_valid_signature"),
            "rsa": ("PublicKey", "read_key"),
        },
    )

__all__ = ["PublicKey", "is_valid_in_python", "is_valid_signature", "read_key"]
