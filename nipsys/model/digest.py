"""Digests as text: ``algorithm:hex``; nipsys's own are BLAKE3, foreign ones are what the ecosystem gives."""

from collections.abc import Callable, Iterable
from typing import Protocol

from blake3 import blake3

Digest = str
"""``blake3:<64 hex>``, ``sha256:<64 hex>``, ``sha512:<128 hex>``, ``sha1:<40 hex>`` or ``md5:<32 hex>``."""

_BASE32 = "0123456789abcdfghijklmnpqrsvwxyz"  # no e, o, t, u: no words, no look-alikes


class Hasher(Protocol):
    """What every incremental hash offers."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes taken in."""


def hasher(algorithm: str) -> Hasher:
    """Start an incremental hash of the named algorithm; ``ValueError`` when it is not one nipsys reads."""
    if algorithm == "blake3":
        return blake3()
    if algorithm not in {"sha256", "sha512", "sha1", "md5"}:
        message = f"unknown digest algorithm {algorithm!r}"
        raise ValueError(message)
    import hashlib  # noqa: PLC0415 - brings OpenSSL, which most commands have no use for

    start: Callable[[str], Hasher] = hashlib.new
    return start(algorithm)


def blake3_of(data: bytes | memoryview) -> Digest:
    """Digest ``data`` as ``blake3:<hex>``."""
    return "blake3:" + blake3(data).hexdigest()


def digest_of(data: bytes | memoryview, algorithm: str) -> Digest:
    """Digest ``data`` with the named algorithm."""
    started = hasher(algorithm)
    started.update(data)
    return f"{algorithm}:{started.hexdigest()}"


def canonical(value: object) -> bytes:
    """Write a JSON value in the one way equal values share: sorted keys, no spaces, UTF-8 (names of other bytes as they are), no NaN."""
    import json  # noqa: PLC0415 - brings `re`, and a lock is written without it

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogateescape")


def quoting(texts: Iterable[str]) -> Callable[[str], str]:
    """Return what writes any of ``texts`` as a JSON string, as ``canonical`` does; where nothing needs an escape that takes no ``json``."""
    joined = "".join(texts)
    if joined.isprintable() and '"' not in joined and "\\" not in joined:
        return '"{}"'.format
    from json.encoder import encode_basestring  # noqa: PLC0415 - few texts need it

    return encode_basestring


def short(digest: Digest, length: int = 26) -> str:
    """Shorten a digest to ``length`` base-32 characters (5 bits each, most significant first) for a path."""
    number = int(digest.partition(":")[2], 16)
    bits = 4 * len(digest.partition(":")[2])
    return "".join(_BASE32[(number >> (bits - 5 * (place + 1))) & 31] for place in range(length))
