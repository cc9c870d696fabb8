"""Ed25519 signatures (RFC 8032), verified by ``cryptography`` where it is installed, else by the RFC's arithmetic in plain Python.

The latter takes 3 ms per signature, fast enough for a closure; no secret is involved, so it need not run in constant time.
"""

import hashlib
from functools import cache

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032, 5.1.4)."""


def is_valid_signature(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether ``signature`` (64 bytes) of ``message`` was made with the key whose public half is ``public`` (32 bytes)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - not always installed, and heavy
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - the same
    except ImportError:
        return is_valid_in_python(public, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_valid_in_python(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return the same as ``is_valid_signature``, with integers alone: S·B = R + k·A (RFC 8032, 5.1.7)."""
    scalar = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or scalar >= _ORDER:
        return False
    key, commitment = _decode_point(public), _decode_point(signature[:32])
    if key is None or commitment is None:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _multiply_point(scalar, _base_point()), _add_points(commitment, _multiply_point(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


@cache
def _base_point() -> Point:
    point = _decode_point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    assert point is not None, "the base point of the curve"
    return point


def _decode_point(text: bytes) -> Point | None:
    """Decode a point (RFC 8032, 5.1.3); ``None`` when the bytes are not a point of the curve."""
    y = int.from_bytes(text, "little")
    odd, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = _P - x
    return x, y, 1, x * y % _P


def _add_points(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % _P, (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply_point(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add_points(total, point)
        point = _add_points(point, point)
        scalar >>= 1
    return total
