"""Compare the same program in several sources: its age, its size, and the C library it uses."""

from typing import NamedTuple

from nipsys.model.package import PackageRecord
from nipsys.resolve import World


class Comparison(NamedTuple):
    """The facts by which packages of several sources are compared."""

    date: str
    """When the package was built (``2026-11-20T08:00:00Z``), else the date of the source's snapshot; empty when neither is known."""
    exact: bool
    """The date is the package's own; otherwise the package is at least that old."""
    size: int
    """Bytes to fetch; 0 when the index does not state it."""
    libc: str
    """Empty when the package does not depend on a C library."""


def compare(world: World, record: PackageRecord) -> Comparison:
    """Return the facts of a package that can be compared."""
    own = dict(record.facts).get("date", "")
    return Comparison(own or world.index.snapshot.date, bool(own), record.size, world.libc_of(record))
