"""The same program in several sources, side by side: how old it is, how large, and which C library it brings along."""

from typing import NamedTuple

from nipsys.model.package.record import Record
from nipsys.resolve import World

_LIBC = {"alpine": "musl", "debian": "glibc", "gentoo": "glibc", "nix": "glibc", "pacman": "glibc", "pkgsrc": "the host's"}
"""Of the programs of a kind; those of other kinds run with whatever runs their interpreter, or bring everything."""


class Side(NamedTuple):
    """What one source's package looks like beside another's."""

    date: str
    """When the package was made (``2026-11-20T08:00:00Z``), or the state of the source it is in; empty when neither is known."""
    exact: bool
    """The date is the package's own; otherwise it is at least as old as that."""
    size: int
    """Bytes to fetch; 0 when the index does not say."""
    libc: str
    """Empty when it has no part in one."""


def side(world: World, record: Record) -> Side:
    """Say what can be compared of a package."""
    facts = dict(record.facts)
    own = facts.get("date", "")
    libc = facts.get("libc") or ("musl" if "musl" in facts.get("chost", "") else _LIBC.get(world.spec.kind, ""))
    if world.spec.kind in {"pypi", "npm"}:
        libc = "" if not record.arch else str(world.spec.get("libc", "glibc"))
    return Side(own or world.index.snapshot.date, bool(own), record.size, libc)
