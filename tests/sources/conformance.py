"""What every kind of source must do, and what a kind has to bring to be asked: one small module ``case_<kind>.py`` with ``make``.

    def make(where: Path) -> Case: ...        # a small, real mirror below ``where``; skips by name when a tool is missing

``test_conformance.py`` runs every law below over every case, against a web in memory, files and loopback.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nipsys.app.sync.indexes import sync_names
from nipsys.app.sync.state import SyncResult
from nipsys.effects.web.fake import CannedResponse, MemoryTransport, VirtualTimer
from nipsys.effects.web.fetcher import Fetcher, FetchPolicy
from nipsys.model.event import Event
from nipsys.model.host import HostFacts
from nipsys.model.package.record import PackageRecord
from nipsys.model.span import Span
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.kinds import open_source
from nipsys.sources.port import Source

BASE = "https://mirror.example"
NOW = "2026-11-21T00:00:00Z"
SPAN = Span("profile.kdl", 3, 1, 6, 'source "it"')
LIES = ("unsigned", "wrong key", "dropped reference", "swapped package")
"""What every kind must refuse, or say why it is not asked."""
Files = Mapping[str, bytes]
"""Path below the mirror to content."""


@dataclass(frozen=True)
class Case:
    """A kind of source with a small mirror."""

    kind: str
    files: Files
    settings: Callable[[str], Mapping[str, Any]]
    """Settings for a mirror at an address (``https://...``, ``file:///...``); relative paths of ``files`` are below it."""
    expect: frozenset[tuple[str, str]]
    """(name, version) of every record."""
    names: tuple[str, ...] = ()
    """What to ask for, where a source is not complete."""
    other_names: tuple[str, ...] = ()
    """The same packages, asked for in other words."""
    sealed: bool = True
    """A flipped byte anywhere in the index is found out."""
    older: Mapping[str, Files] = field(default_factory=dict)
    """The mirror as it was before, in every way this kind can tell by: each must be refused once the newer was seen."""
    undated: str = ""
    """Why a kind need not refuse what is older."""
    refused: Mapping[str, tuple[Files, str]] = field(default_factory=dict)
    """Mirrors that must be refused: label to (files that replace those of the mirror, the problem's code)."""
    beyond: Mapping[str, str] = field(default_factory=dict)
    """Lies of ``LIES`` that this mirror cannot tell, or that its index cannot show: label to the reason."""
    host: HostFacts = field(default_factory=HostFacts)
    now: str = NOW
    digests: bool = True
    """Every record has the digest of its artifact."""
    sizes: bool = True
    """Every record has the size of its artifact."""
    mirrors: bool = True
    """``mirror`` takes several addresses."""

    def spec(self, base: str = BASE, **more: Any) -> SourceSpec:
        """Return the profile's node for this mirror."""
        settings = {key: value for key, value in {**self.settings(base), **more}.items() if value is not None}
        return SourceSpec("it", self.kind, settings=tuple(sorted(settings.items())), span=SPAN)

    def open(self, base: str = BASE, **more: Any) -> Source:
        """Open the source at an address."""
        return open_source(self.spec(base, **more), self.host, self.now)


@dataclass
class Bench:
    """A case on a web in memory, with a directory for what is kept."""

    case: Case
    directory: str
    answers: dict[str, CannedResponse | bytes] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    pace: VirtualTimer = field(default_factory=VirtualTimer)
    records: list[PackageRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Serve the case's mirror."""
        self.serve(self.case.files)

    def serve(self, files: Mapping[str, bytes | CannedResponse], base: str = BASE) -> None:
        """Add files to the web, or put others in their place."""
        self.answers.update({f"{base}/{path}": content for path, content in files.items()})

    def web(self) -> Fetcher:
        """Return a web over the answers as they are now."""
        self.transport = MemoryTransport(self.answers)
        return Fetcher(self.transport, FetchPolicy(attempts=2), pace=self.pace, workers=2)

    def sync(self, source: Source | None = None) -> tuple[SyncResult, list[PackageRecord]]:
        """Sync, draw the records, and commit."""
        synced = sync_names(source or self.case.open(), self.case.names, self.web(), self.directory, self.events.append)
        self.records = list(synced.to_batch().records)
        synced.commit()
        return synced, self.records
