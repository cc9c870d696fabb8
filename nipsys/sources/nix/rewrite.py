"""Relocation of store paths at constant length: ``/nix/store/<32>-name`` becomes ``<prefix>/<fewer>-name``, in programs and scripts.

Interpreters, run paths, scripts, links and texts keep their size, so no offset in any file moves. Paths in compressed or checksummed
data, or not encoded as single bytes, are not rewritten: verify the archive's digest first, and prefer a namespace where available.
"""

from collections.abc import Iterable, Iterator

from nipsys.model import Frozen
from nipsys.sources.nix.traits import TRAITS

STORE_PREFIX = TRAITS.prefix
MIN_HASH_LENGTH = 12
"""Fewest letters of the hash that are kept: 60 bits."""


class Relocation(Frozen):
    """The new path of each store path of a closure."""

    pairs: tuple[tuple[bytes, bytes], ...]
    """(old, new) paths, of equal length, sorted."""

    @property
    def longest(self) -> int:
        """Return the length of the longest old path, in bytes."""
        return max((len(old) for old, _ in self.pairs), default=0)

    def rewrite(self, data: bytes) -> bytes:
        """Return ``data`` with every old path replaced."""
        if STORE_PREFIX.encode() in data:
            for old, new in self.pairs:
                data = data.replace(old, new)
        return data

    def rewrite_stream(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Rewrite a file given in parts: a path may span two of them."""
        held = b""
        keep = self.longest - 1
        for part in parts:
            held = self.rewrite(held + part)
            if len(held) > keep:
                # The rest may contain the beginning of a path, never a complete one.
                yield held[: len(held) - keep]
                held = held[len(held) - keep :]
        yield held


def plan_relocation(bases: Iterable[str], prefix: str) -> Relocation:
    """Plan to move the store paths ``bases`` (``<hash>-<name>``) below ``prefix``.

    ``ValueError`` when the prefix is longer than ``/nix/store`` and 20 letters, is not absolute, or two paths would become one.
    """
    prefix = prefix.rstrip("/")
    longest = len(STORE_PREFIX) + 32 - MIN_HASH_LENGTH
    if not prefix.startswith("/") or len(prefix.encode()) > longest:
        raise ValueError(f"`{prefix}` must be an absolute path of at most {longest} bytes")
    pairs, taken = [], set()
    for base in sorted(set(bases)):
        kept = 32 + len(STORE_PREFIX) - len(prefix.encode())
        new = f"{prefix}/{base[:kept] if kept <= 32 else base[:32] + '0' * (kept - 32)}{base[32:]}"
        if new in taken:
            raise ValueError(f"two store paths would become `{new}`")
        taken.add(new)
        pairs.append((f"{STORE_PREFIX}/{base}".encode(), new.encode()))
    return Relocation(tuple(pairs))
