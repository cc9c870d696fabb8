"""The interface of every source: it names the bytes it needs, then reads them. It never fetches.

The caller (``nipsys.app.sync.indexes``) does the rest: it fetches what ``ask`` names, checks digest, size and signature, passes the
verified bytes to ``read``, fetches what the page requests in ``more``, and continues until nothing more is requested. So a source is
tested with recorded bytes, and a hostile mirror is a dictionary. A source module has one function, found by kind in
``nipsys.sources.kinds``::

    def open_source(spec: SourceSpec, host: HostFacts, now: str) -> Source: ...

``now`` is written as ``2026-11-20T08:00:00Z``. It raises ``Rejected`` (kind ``profile``) with all invalid settings at once.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol, runtime_checkable

from nipsys.model import Frozen
from nipsys.model.package import Dialect, PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec


class Page(Frozen):
    """What one resource contains."""

    records: Iterable[PackageRecord] = ()
    """A generator or ``StampedRecords`` may read the body as they go; it stays open until they are exhausted. In any order."""
    more: tuple[Resource, ...] = ()
    """What to fetch next; known when ``read`` returns, before any record is consumed."""
    snapshot: Snapshot | None = None
    """The state this resource identifies, if any. A source that reads several signed texts has one for each; the caller combines them
    into the source's snapshot and refuses a ``date`` older than the last one seen for the same role."""
    lineage: str = ""
    """What the resource is about, where its role says more (the requested names): dates and serials of one lineage may not go back."""
    serial: int = 0
    """A number that grows with every state, from an index that has one: it orders states more reliably than a date."""
    missed: str = ""
    """For an optional resource that does not exist: what was true of it if it was ever seen, in which case it is now required."""
    warnings: tuple[str, ...] = ()
    """Warnings for the user: one line each."""


class Source(Protocol):
    """One place packages come from. Pure: equal bytes give equal results, whatever was read before."""

    @property
    def spec(self) -> SourceSpec:
        """Return the profile's node this source was opened from."""

    @property
    def dialect(self) -> Dialect:
        """Return how this ecosystem writes versions and dependencies."""

    @property
    def complete(self) -> bool:
        """Return whether one sync reads every name; otherwise names are requested as the resolver reaches them."""

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Return the first resources needed; ``names`` only where the source is not complete. Roles are unique within a source.

        A resource without addresses is read without bytes: for a source that knows its packages from its settings alone.
        """

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read verified bytes (``None`` when an optional resource does not exist); ``Rejected`` (kind ``source``) when they are invalid."""

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where a package is fetched from: an address for every mirror, digest, size, limit."""

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how the fetched artifact becomes a tree."""


@runtime_checkable
class SupportsSourcePackages(Source, Protocol):
    """A source that also has the source packages which its packages were built from."""

    def to_source_packages(self) -> "SupportsSourcePackages":
        """Return the same source, read for its source packages: they are a world of their own."""

    def resources_of(self, package: PackageRecord) -> tuple[Resource, ...]:
        """Return every file of a source package, its description first; the role of each is its file name."""


@runtime_checkable
class SupportsMerge(Protocol):
    """A source whose lists override one another; it merges them before anything is indexed."""

    def merge_pages(self, pages: Iterable[Iterable[PackageRecord]]) -> Iterator[PackageRecord]:
        """Return the records that apply, from those of every page, in the order the pages were requested."""
