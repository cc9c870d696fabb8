"""Digests as text, ``algorithm:hex``: BLAKE3 for what nipsys names itself, the ecosystem's algorithm for foreign artifacts."""

from collections.abc import Callable, Iterable
from typing import Protocol

from blake3 import blake3

Digest = str
"""``blake3:<64 hex>``, ``sha256:<64 hex>``, ``sha512:<128 hex>``, ``sha1:<40 hex>`` or ``md5:<32 hex>``."""

_BASE32 = "0123456789abcdfghijklmnpqrsvwxyz"  # no e, o, t, u: no words, no look-alikes


class Hasher(Protocol):
    """An incremental hash, as in ``hashlib``."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Add ``data`` to the hashed bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes added so far, in hex."""


def make_hasher(algorithm: str) -> Hasher:
    """Return a new incremental hash for ``algorithm``; raise ``ValueError`` when nipsys does not support it."""
    if algorithm == "blake3":
        return blake3()
    if algorithm not in {"sha256", "sha512", "sha1", "md5"}:
        message = f"unknown digest algorithm {algorithm!r}"
        raise ValueError(message)
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which most commands do not need

    start: Callable[[str], Hasher] = hashlib.new
    return start(algorithm)


def blake3_of(data: bytes | memoryview) -> Digest:
    """Return the BLAKE3 digest of ``data`` as ``blake3:<hex>``."""
    return "blake3:" + blake3(data).hexdigest()


def digest_of(data: bytes | memoryview, algorithm: str) -> Digest:
    """Return the digest of ``data`` as ``algorithm:hex``."""
    started = make_hasher(algorithm)
    started.update(data)
    return f"{algorithm}:{started.hexdigest()}"


def to_canonical_json(value: object) -> bytes:
    """Return the canonical JSON of ``value``: sorted keys, no spaces, UTF-8 (undecodable bytes of names unchanged), no NaN."""
    import json  # noqa: PLC0415 - loads `re`, which writing a lock does not need

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogateescape")


def make_json_quoter(texts: Iterable[str]) -> Callable[[str], str]:
    """Return a function that writes any of ``texts`` as ``to_canonical_json`` would; ``json`` is loaded only for escapes."""
    joined = "".join(texts)
    if joined.isprintable() and '"' not in joined and "\\" not in joined:
        return '"{}"'.format
    from json.encoder import encode_basestring  # noqa: PLC0415 - rarely needed

    return encode_basestring


def shorten_digest(digest: Digest, length: int = 26) -> str:
    """Shorten a digest to ``length`` base-32 characters (5 bits each, most significant first) for use in a path."""
    number = int(digest.partition(":")[2], 16)
    bits = 4 * len(digest.partition(":")[2])
    return "".join(_BASE32[(number >> (bits - 5 * (place + 1))) & 31] for place in range(length))
