"""What was seen of a source last, stored with its lists; and the result of a sync, which replaces it when committed."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from nipsys.app.sync.part import SourcePart, decode_part, decode_snapshot, encode_part, encode_snapshot
from nipsys.app.sync.rollback_guard import record_seen
from nipsys.effects.web import Fetched
from nipsys.model import Frozen, blake3_of, digest_of, field, replace, to_canonical_json
from nipsys.model.package import PackageRecord, Resource, Snapshot, SourceRecords, StampedRecords, Stanza
from nipsys.model.system import SourceSpec
from nipsys.sources import Page, Source, SupportsMerge

_FORMAT = 1
_LOOSE = frozenset(
    {"mirror", "cache", "security", "snapshot", "min-age", "recommends", "valid-until"}
    | {"python", "node", "libc", "glibc", "versions", "prereleases"}
)
"""Settings that do not change which repository a source refers to."""


class SourceState(Frozen):
    """What was seen last; empty for a source never seen or whose settings have changed."""

    directory: str
    settings: str
    identity: list[list[str | None]] | None = None
    snapshot: Snapshot = field(default_factory=lambda: Snapshot("", ""))
    parts: dict[str, SourcePart] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    """The table of rollback protection; see ``nipsys.app.sync.rollback_guard``."""
    synced: str = ""

    @classmethod
    def read(cls, directory: str, spec: SourceSpec) -> "SourceState":
        """Read ``state.json``; a damaged file counts as missing."""
        exact = blake3_of(to_canonical_json([spec.kind, *([key, value] for key, value in spec.settings)]))
        loose = blake3_of(to_canonical_json([spec.kind, *([key, value] for key, value in spec.settings if key not in _LOOSE)]))
        try:
            with open(os.path.join(directory, "state.json"), encoding="utf-8") as file:
                value: dict[str, Any] = json.load(file)
            if value["format"] != _FORMAT or value["repository"] != loose:
                return cls(directory, f"{exact} {loose}")
            if value["settings"] != exact:
                return cls(directory, f"{exact} {loose}", seen=value["dates"])
            parts = {row["role"]: decode_part(row) for row in value["parts"]}
            return cls(directory, f"{exact} {loose}", value["identity"], decode_snapshot(value["snapshot"]), parts, value["dates"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls(directory, f"{exact} {loose}")

    def make_conditional(self, resource: Resource) -> Resource:
        """Make a request conditional (ETag, Last-Modified) when the file seen last is still intact."""
        resource = replace(resource, headers=(("Cache-Control", "max-age=0"), *resource.headers))
        part = self.parts.get(resource.role)
        if part is None or not part.headers or not self._is_unchanged(part):
            return resource
        names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        return replace(resource, headers=(*resource.headers, *((names[name], value) for name, value in part.headers)))

    def make_part(self, found: Fetched) -> SourcePart:
        """Return the part for a fetched resource; an unchanged one is the part seen last."""
        resource = found.resource
        if found.unchanged:
            return replace(self.parts[resource.role], resource=resource)
        name = os.path.basename(found.path) if found.path else ""
        return SourcePart(resource.role, next(iter(resource.urls), ""), name, _digest_of(found), headers=found.headers, resource=resource)

    def knows_leaf(self, part: SourcePart) -> bool:
        """Return whether a part is an unchanged list that requested nothing further, so that it need not be read again."""
        known = self.parts.get(part.role)
        return known is not None and known.leaf and known.digest == part.digest and bool(part.name)

    def is_intact(self) -> bool:
        """Return whether every list of the state still exists."""
        return all(os.path.exists(os.path.join(self.directory, part.name)) for part in self.parts.values() if part.name)

    def _is_unchanged(self, part: SourcePart) -> bool:
        """Return whether the file is unchanged: a later sync that failed may have replaced it."""
        try:
            with open(os.path.join(self.directory, part.name), "rb") as file:
                return digest_of(file.read(), "sha256") == part.digest
        except OSError:
            return False


class SyncResult(Frozen):
    """The result of syncing a source; none of it counts as seen before ``commit``."""

    source: Source
    state: SourceState
    snapshot: Snapshot
    parts: tuple[SourcePart, ...]
    identity: list[list[str | None]]
    pages: dict[str, Page]
    """Pages whose records are in memory, by role; other parts are read again when their records are needed."""
    changed: bool

    @property
    def directory(self) -> str:
        """The source's own directory, which also holds its index."""
        return self.state.directory

    def to_batch(self) -> SourceRecords:
        """Return everything for the index; the records stream from the verified lists."""
        return SourceRecords(self.snapshot, self.source.dialect, self._records())

    def commit(self) -> None:
        """Record this state as the last one seen, and delete lists that it does not name."""
        exact, loose = self.state.settings.split()
        parts = {**({} if self.source.complete else self.state.parts), **{part.role: part for part in self.parts}}
        value = {
            "format": _FORMAT,
            "settings": exact,
            "repository": loose,
            "identity": self.identity,
            "snapshot": encode_snapshot(self.snapshot),
            "parts": [encode_part(part) for part in parts.values()],
            "dates": record_seen(self.state.seen, self.parts),
        }
        os.makedirs(self.directory, exist_ok=True)
        path = os.path.join(self.directory, "state.json")
        with open(f"{path}.new", "wb") as file:
            file.write(json.dumps(value, indent=1).encode())
        os.replace(f"{path}.new", path)
        self._sweep({part.name for part in parts.values()})

    def _records(self) -> Iterable[PackageRecord]:
        source = self.source
        return source.merge_pages(self._lists()) if isinstance(source, SupportsMerge) else _RecordLists(self._lists)

    def _lists(self) -> Iterator[Iterable[PackageRecord]]:
        for part in self.parts:
            known = self.pages.get(part.role)
            if known is not None:
                yield known.records
                continue
            with part.read(self.source, self.directory) as page:
                yield page.records

    def _sweep(self, kept: set[str]) -> None:
        for name in os.listdir(self.directory):
            if name.startswith(("fresh-", "sha256-", "sha512-")) and name not in kept and name.removesuffix(".sig") not in kept:
                os.unlink(os.path.join(self.directory, name))


def merge_snapshots(name: str, parts: list[SourcePart]) -> Snapshot:
    """Merge the snapshots of the parts into one: the newest date, and a digest over all."""
    snapshots = [(part.role, part.snapshot) for part in parts if part.snapshot is not None]
    if len(snapshots) == 1:
        return replace(snapshots[0][1], source=name)
    digests: list[list[str]] = [[role, snapshot.digest] for role, snapshot in snapshots] or [[part.role, part.digest] for part in parts]
    facts = dict(snapshots[0][1].facts) if snapshots else {}
    facts |= {f"part:{dict(snapshot.facts).get('suite', role)}": f"{snapshot.date} {snapshot.digest}" for role, snapshot in snapshots}
    date = max((snapshot.date for _, snapshot in snapshots), default="")
    return Snapshot(name, blake3_of(to_canonical_json(sorted(digests))), date, tuple(sorted(facts.items())))


def _digest_of(found: Fetched) -> str:
    """Return the digest of the file as it is on disk: for a clear-signed text, that of its plain text."""
    if not found.path or found.resource.digest:
        return found.resource.digest if found.path and found.resource.digest else ""
    with open(found.path, "rb") as file:
        return digest_of(file.read(), "sha256")


class _RecordLists(StampedRecords):
    """The records of several lists in order; lists that support it yield stanzas that are not parsed yet."""

    def __init__(self, lists: Callable[[], Iterator[Iterable[PackageRecord]]]) -> None:
        self._lists = lists

    def __iter__(self) -> Iterator[PackageRecord]:
        return chain.from_iterable(self._lists())

    def stanzas(self) -> Iterator[Stanza]:
        """Yield the unparsed stanzas of lists that have them, and the records of the others."""
        for one in self._lists():
            yield from one.stanzas() if isinstance(one, StampedRecords) else ((b"", record, None) for record in one)
