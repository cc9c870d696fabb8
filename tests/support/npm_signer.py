"""Signs versions as a registry of npm does, with the library the project itself checks with."""

import base64
import hashlib
import json
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """A registry's key."""

    def __init__(self, expires: str | None = None) -> None:
        self.private: EllipticCurvePrivateKey = generate_private_key(SECP256R1())
        der = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key = base64.b64encode(der).decode()
        self.id = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
        self.expires = expires

    def sign(self, text: str) -> list[dict[str, str]]:
        """Return what stands in ``dist.signatures``."""
        return [{"keyid": self.id, "sig": base64.b64encode(self.private.sign(text.encode(), ECDSA(SHA256()))).decode()}]


def listed(signers: Sequence[Signer]) -> bytes:
    """Return what a registry answers at ``/-/npm/v1/keys``."""
    keys = [
        {"expires": one.expires, "keyid": one.id, "keytype": "ecdsa-sha2-nistp256", "scheme": "ecdsa-sha2-nistp256", "key": one.key}
        for one in signers
    ]
    return json.dumps({"keys": keys}).encode()
