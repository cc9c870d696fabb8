"""What a source's index says of one installable, in the ecosystem's own words, and what those words mean."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from nipsys.model.value import Frozen


class Record(NamedTuple):
    """One package version as an index lists it. Dependencies stay text: each distinct text is parsed once.

    A NamedTuple because a distribution has tens of thousands of them.
    """

    name: str
    version: str
    arch: str
    """Empty when it fits every machine (``all``, ``any``, ``noarch``)."""
    needs: tuple[str, ...] = ()
    """Hard dependencies, one clause each, in the dialect."""
    wishes: tuple[str, ...] = ()
    """Recommended, not required, clauses."""
    provides: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    """What must not stand beside it in one world (conflicts and breaks), one clause each."""
    location: str = ""
    """Path relative to the mirror, or an address."""
    size: int = 0
    """Bytes of the artifact."""
    digest: str = ""
    """``algorithm:hex`` of the artifact; empty when the repository has none."""
    format: str = ""
    """How the artifact becomes a tree: ``deb``, ``pacman``, ``apk``, ``nar``, ``wheel``, ``npm``, ..."""
    summary: str = ""
    essential: bool = False
    """Every closure of this world takes it in."""
    flags: tuple[str, ...] = ()
    """Fixed variants of a binary: ``+python``, ``-X``, ``graphics=wayland``; free ones of something built from source, the default
    first: ``?+lto``, ``?-X``, ``?graphics=wayland,x11``. The values of a set are flags of their own: ``?+video_cards:intel``."""
    facts: tuple[tuple[str, str], ...] = ()
    """Ecosystem details worth keeping for lock and info, by key: ``source``, ``homepage``, ``licence``, ..."""


class Atom(NamedTuple):
    """One alternative of a dependency.

    An atom without a name is about the package itself: ``Atom("", flags=("-ssl",))`` holds when its own flag ``ssl`` is off. So
    ``ssl? ( openssl )`` is the clause ``(Atom("", flags=("-ssl",)), Atom("openssl"))``, and rules among flags are clauses of such atoms.
    """

    name: str
    relation: str = ""
    """``<``, ``<=``, ``=``, ``>=``, ``>``, ``!=``, empty for any, or ``in`` with a range in the ecosystem's syntax."""
    version: str = ""
    arch: str = ""
    """A machine qualifier (``any``, ``native``, ``amd64``), empty for the usual."""
    flags: tuple[str, ...] = ()
    """Variants asked of the dependency: ``+ssl``, ``-X``."""


Clause = tuple[Atom, ...]
"""Alternatives in order of preference; one of them must be there."""


class Provide(NamedTuple):
    """A name a package answers to besides its own."""

    name: str
    version: str = ""


class Dialect(Protocol):
    """How one ecosystem writes versions and dependencies. Pure; the same text always means the same.

    ``clause`` and ``provide`` raise ``ValueError`` with a plain sentence for text they cannot read.
    """

    name: str

    def key(self, version: str) -> bytes:
        """Return bytes that sort as the ecosystem orders versions; equal versions give equal bytes."""

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether ``version`` of a package (or of a provide; empty when it has none) satisfies ``atom``."""

    def clause(self, text: str) -> Clause:
        """Read one clause of ``Record.needs``, ``wishes`` or ``refuses``."""

    def provide(self, text: str) -> Provide:
        """Read one entry of ``Record.provides``."""


class Snapshot(Frozen):
    """The state of one source at one time, as the index and the lock record it."""

    source: str
    digest: str
    """Of what identifies the state: the signed release text, or the canonical list of its parts."""
    date: str = ""
    """When the repository says it was made: ``2026-11-20T08:00:00Z``; may not go back."""
    facts: tuple[tuple[str, str], ...] = ()
    """``suite``, ``mirror``, ``key``, ``warning``... by key; what holds for this state."""


class Batch(Frozen):
    """Records of one source, ready for the index."""

    snapshot: Snapshot
    dialect: Dialect
    records: Iterable[Record]
