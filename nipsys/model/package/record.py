"""What the index of a source says about one package version, in the ecosystem's own terms, and how those terms are read."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from nipsys.model.value import Frozen


class PackageRecord(NamedTuple):
    """One package version as an index lists it. Dependencies stay text; each distinct text is parsed once.

    A NamedTuple, because a distribution has tens of thousands of them.
    """

    name: str
    version: str
    arch: str
    """Empty when it fits every architecture (``all``, ``any``, ``noarch``)."""
    depends: tuple[str, ...] = ()
    """Hard dependencies, one clause each, in the dialect."""
    recommends: tuple[str, ...] = ()
    """Recommended dependencies, one clause each."""
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    """What it cannot be installed with in one world (conflicts and breaks), one clause each."""
    location: str = ""
    """Path relative to the mirror, or a URL."""
    size: int = 0
    """Size of the artifact in bytes."""
    digest: str = ""
    """``algorithm:hex`` of the artifact; empty when the repository has none."""
    format: str = ""
    """How the artifact is unpacked: ``deb``, ``pacman``, ``apk``, ``nar``, ``wheel``, ``npm``, ..."""
    summary: str = ""
    essential: bool = False
    """Part of every closure of this world."""
    flags: tuple[str, ...] = ()
    """Fixed variants of a binary: ``+python``, ``-X``, ``graphics=wayland``; free variants of a package built from source, default
    first: ``?+lto``, ``?-X``, ``?graphics=wayland,x11``. Each value of a set is a flag: ``?+video_cards:intel``."""
    facts: tuple[tuple[str, str], ...] = ()
    """Details of the ecosystem that the lock and ``info`` keep, by key: ``source``, ``homepage``, ``licence``, ..."""


Stanza = tuple[bytes, Any, Callable[[Any], PackageRecord | None] | None]
"""A stamp, the bytes it identifies, and their reader: equal stamps mean equal records, so a known record need not be read again.

Without a reader the second is the record itself; an empty stamp identifies nothing.
"""


class StampedRecords(Iterable[PackageRecord]):
    """The records of a list that can identify its stanzas without parsing them. Iterating parses all of them."""

    @abstractmethod
    def stanzas(self) -> Iterator[Stanza]:
        """Yield the stanzas before they are parsed, instead of the records."""


class Atom(NamedTuple):
    """One alternative of a dependency.

    An atom without a name is about the package itself: ``Atom("", flags=("-ssl",))`` holds when its own flag ``ssl`` is off. So
    ``ssl? ( openssl )`` is the clause ``(Atom("", flags=("-ssl",)), Atom("openssl"))``, and rules between flags are clauses of such atoms.
    """

    name: str
    relation: str = ""
    """``<``, ``<=``, ``=``, ``>=``, ``>``, ``!=``, empty for any, or ``in`` with a range in the ecosystem's syntax."""
    version: str = ""
    arch: str = ""
    """An architecture qualifier (``any``, ``native``, ``amd64``); usually empty."""
    flags: tuple[str, ...] = ()
    """Variants required of the dependency: ``+ssl``, ``-X``."""


Clause = tuple[Atom, ...]
"""Alternatives in order of preference; at least one must be installed."""


class Provide(NamedTuple):
    """A virtual name that a package provides in addition to its own."""

    name: str
    version: str = ""


class Dialect(ABC):
    """How one ecosystem writes versions and dependencies. Pure: the same text always has the same meaning.

    ``parse_clause`` and ``parse_provide`` raise ``ValueError`` with a readable message for text that they cannot parse. The last four
    methods have defaults for the usual ecosystem; a dialect has no other public members, so that a renamed one cannot go unnoticed.
    """

    name: str
    """Written into the index, which is rebuilt when it has another one."""
    slots: bool = False
    """Several versions can be installed side by side, each under its own name; of those that provide a name, the newest is preferred."""

    @abstractmethod
    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort in the ecosystem's version order; equal versions give equal bytes."""

    @abstractmethod
    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether ``version`` of a package (or of a provide; empty when it has none) satisfies ``atom``."""

    @abstractmethod
    def parse_clause(self, text: str) -> Clause:
        """Parse one clause of ``PackageRecord.depends``, ``recommends`` or ``conflicts``."""

    @abstractmethod
    def parse_provide(self, text: str) -> Provide:
        """Parse one entry of ``PackageRecord.provides``."""

    def is_prerelease(self, atom: Atom, version: str) -> bool:
        """Return whether a version is a pre-release that ``atom`` does not name: used only when no final release fits."""
        del atom, version
        return False

    def is_build_input(self, name: str) -> bool:
        """Return whether a name is only an input of builds, which is never part of a closure."""
        del name
        return False

    def siblings_prefix(self, text: str) -> str:
        """Return what the names of a package for all machines begin with; empty where names do not contain the machine."""
        del text
        return ""

    def describe(self, text: str) -> str:
        """Return a dependency in words, for messages."""
        return f"`{text}`"


class Snapshot(Frozen):
    """The state of one source at one point in time, as the index and the lock record it."""

    source: str
    digest: str
    """Digest of what identifies the state: the signed release text, or the canonical list of its parts."""
    date: str = ""
    """When the repository says it was made: ``2026-11-20T08:00:00Z``; it must not go backwards (rollback protection)."""
    facts: tuple[tuple[str, str], ...] = ()
    """Facts about this state by key: ``suite``, ``mirror``, ``sort_key``, ``warning``, ..."""


class SourceRecords(Frozen):
    """The records of one source, ready to be indexed."""

    snapshot: Snapshot
    dialect: Dialect
    records: Iterable[PackageRecord]
