"""Signatures of an npm registry, which signs ``name@version:integrity`` of every version with ECDSA (P-256, SHA-256).

https://docs.npmjs.com/about-registry-signatures; a registry lists its keys at ``/-/npm/v1/keys``. ``cryptography`` verifies them.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nipsys.sources.common import normalize_moment
from nipsys.sources.npm.registry import Manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey


class RegistryKey(NamedTuple):
    """A registry's public key."""

    id: str
    """``SHA256:...``; a key without an id (empty) is tried on every signature."""
    body: str
    """Base 64 of its DER form."""
    expires: str = ""
    """Versions published after this moment may not be signed by it; empty when it does not expire."""


def require_cryptography() -> None:
    """Raise ``ModuleNotFoundError`` when ``cryptography`` is not installed."""
    import cryptography  # noqa: F401, PLC0415 - an extra


def read_keys(text: str) -> tuple[RegistryKey, ...]:
    """Read the response of a registry's ``/-/npm/v1/keys``; ``ValueError`` when it is invalid."""
    try:
        rows = json.loads(text)["keys"]
        return tuple(
            _check_key(RegistryKey(str(row["keyid"]), str(row["key"]), normalize_moment(str(row.get("expires") or "")))) for row in rows
        )
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as fault:
        raise ValueError("it is not a registry's list of keys") from fault


def read_key(text: str) -> RegistryKey:
    """Read a key of a profile, ``<base 64>`` or ``<id>=<base 64>``; ``ValueError`` when it is invalid."""
    name, mark, body = text.partition("=MF")  # every such key begins with MF
    return _check_key(RegistryKey(name, f"MF{body}") if mark else RegistryKey("", text))


def to_rows(keys: Iterable[RegistryKey]) -> list[list[str]]:
    """Return keys as a role carries them: rows of id, body and expiry."""
    return [list(key) for key in keys]


def from_rows(rows: Iterable[Sequence[str]]) -> tuple[RegistryKey, ...]:
    """Return the keys that a role carries."""
    return tuple(RegistryKey(*row) for row in rows)


def is_signed(manifest: Manifest, keys: Iterable[RegistryKey]) -> bool:
    """Return whether a version has a valid signature by one of ``keys`` that had not expired when it was published."""
    text = f"{manifest.name}@{manifest.version}:{manifest.integrity}".encode()
    for known in keys:
        if known.expires and (not manifest.published or normalize_moment(manifest.published) > known.expires):
            continue
        if any(_is_valid(known, value, text) for name, value in manifest.signatures if known.id in {"", name}):
            return True
    return False


def _check_key(key: RegistryKey) -> RegistryKey:
    _load_key(key)
    return key


def _load_key(key: RegistryKey) -> "EllipticCurvePublicKey":
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra, and heavy
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - the same

    try:
        found = load_der_public_key(base64.b64decode(key.body, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as fault:
        raise ValueError(f"`{key.id or key.body[:40]}` is not a public key") from fault
    if isinstance(found, EllipticCurvePublicKey) and isinstance(found.curve, SECP256R1):
        return found
    raise ValueError(f"`{key.id or key.body[:40]}` is not a key of the curve P-256")


def _is_valid(key: RegistryKey, signature: str, text: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra, and heavy
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - the same

    try:
        _load_key(key).verify(base64.b64decode(signature, validate=True), text, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
