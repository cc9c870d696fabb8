"""Store paths moved without changing a length: ``/nix/store/<32>-name`` becomes ``<prefix>/<fewer>-name``, in programs and scripts alike.

Interpreters, run paths, scripts, links and texts keep their size, so no offset in any file moves. What is compressed, checksummed or
not written as single bytes is not reached: check the archive's digest before, and prefer a namespace where there is one.
"""

from collections.abc import Iterable, Iterator

from nipsys.model.value import Frozen

STORE = "/nix/store"
SHORTEST = 12
"""Letters of the hash kept at least: 60 bits."""


class Relocation(Frozen):
    """Where each store path of a closure goes."""

    pairs: tuple[tuple[bytes, bytes], ...]
    """(old, new) paths, of equal length, sorted."""

    @property
    def longest(self) -> int:
        """Length of the longest path."""
        return max((len(old) for old, _ in self.pairs), default=0)

    def rewrite(self, data: bytes) -> bytes:
        """Return ``data`` with every old path replaced."""
        if STORE.encode() in data:
            for old, new in self.pairs:
                data = data.replace(old, new)
        return data

    def stream(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Rewrite a file that comes in parts: a path may lie across two of them."""
        held = b""
        keep = self.longest - 1
        for part in parts:
            held = self.rewrite(held + part)
            if len(held) > keep:
                # What is kept back may hold the beginning of a path, never a whole one.
                yield held[: len(held) - keep]
                held = held[len(held) - keep :]
        yield held


def relocation(bases: Iterable[str], prefix: str) -> Relocation:
    """Plan to move the store paths ``bases`` (``<hash>-<name>``) below ``prefix``.

    ``ValueError`` when the prefix is longer than ``/nix/store`` and 20 letters, is not absolute, or two paths would become one.
    """
    prefix = prefix.rstrip("/")
    longest = len(STORE) + 32 - SHORTEST
    if not prefix.startswith("/") or len(prefix.encode()) > longest:
        raise ValueError(f"`{prefix}` must be an absolute path of at most {longest} bytes")
    pairs, taken = [], set()
    for base in sorted(set(bases)):
        kept = 32 + len(STORE) - len(prefix.encode())
        new = f"{prefix}/{base[:kept] if kept <= 32 else base[:32] + '0' * (kept - 32)}{base[32:]}"
        if new in taken:
            raise ValueError(f"two store paths would become `{new}`")
        taken.add(new)
        pairs.append((f"{STORE}/{base}".encode(), new.encode()))
    return Relocation(tuple(pairs))
