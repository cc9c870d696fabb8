"""The port that every source stands behind: it names the bytes it needs, then reads them. It never fetches.

The shell (``nipsys.app.sync.indexes``) does the rest: it fetches what ``ask`` names, checks digest, size and seal, hands the verified bytes
to ``read``, fetches what the page asks for in ``more``, and goes on until nothing more is asked. So a source is tested with recorded
bytes, and a hostile mirror is a dictionary. A source module offers one function, which ``nipsys.sources.kinds`` finds by kind::

    def open_(spec: SourceSpec, host: HostFacts, now: str) -> Source: ...

``now`` is ``2026-11-20T08:00:00Z``. It raises ``Rejected`` (kind ``profile``) for settings it cannot take, all of them at once.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Protocol, runtime_checkable

from nipsys.model.package.container import Container
from nipsys.model.package.record import Dialect, Record, Snapshot
from nipsys.model.package.resource import Resource
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.model.value import Frozen


class Page(Frozen):
    """What one resource says."""

    records: Iterable[Record] = ()
    """May be a generator that reads the body as it goes; the body stays open until it is used up. Order is free."""
    more: tuple[Resource, ...] = ()
    """What to fetch next; known when ``read`` returns, before any record is drawn."""
    snapshot: Snapshot | None = None
    """The state this resource stands for, when it identifies one. A source that reads several signed texts gives one for each;
    the shell folds them into the source's snapshot and refuses a ``date`` older than the one it saw last for the same role."""
    lineage: str = ""
    """What the resource is about, where its role says more (the names asked for): dates and numbers of one lineage may not go back."""
    serial: int = 0
    """A number that grows with every state, from an index that gives one: it tells old from new better than a date."""
    missed: str = ""
    """What was so of a resource that does not exist, if it ever did: from then on it must."""
    warnings: tuple[str, ...] = ()
    """Worth telling the user: one line each."""


class Source(Protocol):
    """One place packages come from. Pure: equal bytes give equal answers, whatever was read before."""

    @property
    def spec(self) -> SourceSpec:
        """Return the profile's node this source was opened from."""

    @property
    def dialect(self) -> Dialect:
        """Say how this ecosystem writes versions and dependencies."""

    @property
    def complete(self) -> bool:
        """Return whether one sync reads every name; otherwise names are asked for as the resolver reaches them."""

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Name the first bytes needed; ``names`` only where the source is not complete. Roles are unique within a source.

        A resource without addresses is read with no bytes: for a source that knows what it offers from its settings alone.
        """

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read verified bytes (``None`` when an optional resource does not exist); ``Rejected`` (kind ``source``) when they are wrong."""

    def artifact(self, package: Record | LockedPackage) -> Resource:
        """Say where one package is fetched: an address for every mirror, digest, size, limit."""

    def container(self, package: Record | LockedPackage) -> Container:
        """Say how the fetched artifact becomes a tree."""


Unread = tuple[bytes, Any, Callable[[Any], Record | None] | None]
"""A stamp, the bytes it stands for, and what reads them: equal stamps are equal records, so what is known need not be read again.

A page's ``records`` may offer these as ``unread()`` beside being iterable. Without a reader the second is the record itself.
"""


@runtime_checkable
class Settling(Protocol):
    """A source whose lists have something to say of one another; the shell lets it settle that before anything is indexed."""

    def settle(self, pages: Iterable[Iterable[Record]]) -> Iterator[Record]:
        """Return the records that count, from those of every page in the order the pages were asked for."""
