"""RSA signatures as Alpine makes them: PKCS #1 version 1.5 over SHA-1 (``.SIGN.RSA.``) or SHA-256 (``.SIGN.RSA256.``), RFC 8017.

Verifying one is a single modular exponentiation and a comparison, so no library is needed. Keys are PEM texts ``PUBLIC KEY`` (RFC 5280).
"""

import base64
import binascii
import hashlib
from typing import NamedTuple

_RSA = bytes.fromhex("06092a864886f70d010101")  # the object identifier rsaEncryption
_PREFIXES = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""DigestInfo up to the digest itself (RFC 8017, 9.2, note 1)."""
_MIN_BITS = 1024


class PublicKey(NamedTuple):
    """An RSA key that verifies signatures."""

    modulus: int
    exponent: int

    def verifies(self, algorithm: str, signature: bytes, message: bytes) -> bool:
        """Return whether ``signature`` of ``message`` (hashed by ``algorithm``) was made with this key."""
        size = (self.modulus.bit_length() + 7) // 8
        value = int.from_bytes(signature)
        if len(signature) != size or value >= self.modulus:
            return False
        tail = b"\0" + _PREFIXES[algorithm] + hashlib.new(algorithm, message, usedforsecurity=True).digest()
        wanted = b"\0\1" + b"\xff" * (size - len(tail) - 2) + tail
        return pow(value, self.exponent, self.modulus).to_bytes(size) == wanted


def read_key(pem: str) -> PublicKey:
    """Read a PEM text, or only its base 64; ``ValueError`` when it is not an RSA public key of at least 1024 bits."""
    lines = [line.strip() for line in pem.strip().splitlines()]
    body = "".join(line for line in lines if not line.startswith("-----"))
    try:
        data = base64.b64decode(body, validate=True)
        outer = _read_der(data, 0x30)[0]
        algorithm, rest = _read_der(outer, 0x30)
        bits, _ = _read_der(rest, 0x03)
        numbers = _read_der(bits[1:], 0x30)[0]
        modulus, rest = _read_der(numbers, 0x02)
        exponent, _ = _read_der(rest, 0x02)
    except (binascii.Error, ValueError, IndexError) as error:
        raise ValueError("it is not a public key in PEM format") from error
    key = PublicKey(int.from_bytes(modulus), int.from_bytes(exponent))
    if not algorithm.startswith(_RSA):
        raise ValueError("it is not an RSA key")
    if key.modulus.bit_length() < _MIN_BITS or key.exponent < 3 or not key.exponent & 1:
        raise ValueError(f"it is an RSA key of {key.modulus.bit_length()} bits, which is too short")
    return key


def _read_der(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Split the first DER value, of the given tag, from ``data`` (X.690, 8.1); return its content and the rest."""
    if data[0] != tag:
        raise ValueError("the value has another tag")
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start])
    if start + length > len(data):
        raise ValueError("the value is truncated")
    return data[start : start + length], data[start + length :]
