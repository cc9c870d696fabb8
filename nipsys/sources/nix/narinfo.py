"""A binary cache's metadata of one store path: ``<hash>.narinfo``, its fingerprint and signatures (Nix manual, "Binary Cache").

The signature covers the store path, the digest and size of the unpacked archive, and the references. It does not cover the archive's
address, its compression and the digest of the compressed file, so the digest of the unpacked archive is what must be verified.
"""

import base64
import binascii
import re

from nipsys.model import Frozen
from nipsys.sources.common.signatures import is_valid_signature

ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz"
"""Nix's base 32: no e, o, t, u."""
_NUMBER = {letter: number for number, letter in enumerate(ALPHABET)}
_BASE = re.compile(r"[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9A-Za-z+\-._?=]{1,211}").fullmatch
_REQUIRED = ("StorePath", "URL", "NarHash", "NarSize")
_ADDRESS = re.compile(r"[A-Za-z0-9+=_.,@~-]+(?:/[A-Za-z0-9+=_.,@~-]+)*").fullmatch


class NarInfo(Frozen):
    """One store path of a cache."""

    path: str
    """``/nix/store/<hash>-<name>``."""
    url: str
    """Relative to the cache."""
    compression: str
    file_digest: str
    """``sha256:<hex>`` of the compressed archive; empty when missing."""
    file_size: int
    nar_digest: str
    """``sha256:<hex>`` of the unpacked archive."""
    nar_size: int
    references: tuple[str, ...]
    """Base names, sorted; may include the path's own."""
    signatures: tuple[str, ...]
    deriver: str = ""

    @property
    def base_name(self) -> str:
        """Return ``<hash>-<name>``."""
        return self.path.rpartition("/")[2]

    @property
    def store(self) -> str:
        """Return the store's directory, ``/nix/store``."""
        return self.path.rpartition("/")[0]

    def fingerprint(self) -> bytes:
        """Return the text that is signed."""
        references = ",".join(sorted(f"{self.store}/{reference}" for reference in self.references))
        return f"1;{self.path};sha256:{to_base32(bytes.fromhex(self.nar_digest[7:]))};{self.nar_size};{references}".encode()

    def find_signers(self, keys: tuple[tuple[str, bytes], ...]) -> tuple[str, ...]:
        """Return the names of those of ``keys`` (name, public key) that have a valid signature; each once, sorted."""
        text = self.fingerprint()
        good: set[str] = set()
        for signature in self.signatures:
            name, _, encoded = signature.partition(":")
            raw = _decode_base64(encoded)
            good.update(key_name for key_name, key in keys if key_name == name and is_valid_signature(key, raw, text))
        return tuple(sorted(good))


def read_narinfo(text: str) -> NarInfo:
    """Read a ``.narinfo``; ``ValueError`` with a sentence when it is invalid."""
    fields: dict[str, str] = {}
    signatures = []
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        value = value.strip()
        if not colon:
            raise ValueError(f"it has a line without a colon: `{line[:60]}`")
        if key == "Sig":
            signatures.append(value)
        elif key in fields:
            raise ValueError(f"it has a duplicate `{key}`")
        else:
            fields[key] = value
    missing = [key for key in _REQUIRED if not fields.get(key)]
    if missing:
        raise ValueError("it lacks " + ", ".join(f"`{key}`" for key in missing))
    store, _, base = fields["StorePath"].rpartition("/")
    references = tuple(sorted(fields.get("References", "").split()))
    for name in (base, *references):
        if not _BASE(name):
            raise ValueError(f"`{name[:80]}` is not the name of a store path")
    if not store.startswith("/"):
        raise ValueError(f"`{fields['StorePath'][:80]}` is not a store path")
    if not _ADDRESS(fields["URL"]) or ".." in fields["URL"].split("/"):
        raise ValueError(f"the archive's address `{fields['URL'][:80]}` is outside the cache")
    return NarInfo(
        path=fields["StorePath"],
        url=fields["URL"],
        compression=fields.get("Compression", "bzip2") or "none",
        file_digest=read_digest(fields["FileHash"]) if fields.get("FileHash") else "",
        file_size=_parse_size(fields.get("FileSize", "0"), "FileSize"),
        nar_digest=read_digest(fields["NarHash"]),
        nar_size=_parse_size(fields["NarSize"], "NarSize"),
        references=references,
        signatures=tuple(signatures),
        deriver=fields.get("Deriver", ""),
    )


def read_key(text: str) -> tuple[str, bytes]:
    """Read a public key, ``name:base64`` of 32 bytes; ``ValueError`` when it is invalid (a secret key has 64 bytes)."""
    name, colon, encoded = text.strip().partition(":")
    key = _decode_base64(encoded)
    if not (name and colon and len(key) == 32):
        raise ValueError(f"`{text[:40]}` is not a Nix public key")
    return name, key


def read_digest(text: str) -> str:
    """Return ``sha256:<hex>`` for a SHA-256 in hex, Nix's base 32, base 64 or SRI form; ``ValueError`` for anything else."""
    algorithm, mark, value = text.partition(":") if ":" in text else text.partition("-")
    if algorithm != "sha256" or not mark:
        raise ValueError(f"`{text[:80]}` is not a SHA-256")
    raw = b""
    if len(value) == 64:
        raw = bytes.fromhex(value)
    elif len(value) == 52:
        raw = from_base32(value)
    elif len(value) == 44:
        raw = _decode_base64(value)
    if len(raw) != 32:
        raise ValueError(f"`{text[:80]}` is not a SHA-256")
    return f"sha256:{raw.hex()}"


def to_base32(raw: bytes) -> str:
    """Write bytes in Nix's base 32: one little-endian number, its most significant digit first."""
    number = int.from_bytes(raw, "little")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range((len(raw) * 8 - 1) // 5 + 1)))


def from_base32(text: str) -> bytes:
    """Read 32 bytes in Nix's base 32; ``ValueError`` for other letters or more than 256 bits."""
    number = 0
    for letter in text:
        digit = _NUMBER.get(letter)
        if digit is None:
            raise ValueError(f"`{text[:60]}` is not in Nix's base 32")
        number = number << 5 | digit
    if number >> 256:
        raise ValueError(f"`{text[:60]}` has more than 256 bits")
    return number.to_bytes(32, "little")


def _parse_size(text: str, field: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise ValueError(f"`{field}` is not a number")
    return int(text)


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
