"""One text or list of a source as a sync read it, and its form in ``state.json``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nipsys.model import Frozen, field, replace
from nipsys.model.package import Resource, Snapshot
from nipsys.sources import Page, Source


class SourcePart(Frozen):
    """One text or list of a source, as it was read."""

    role: str
    url: str
    """Where it was fetched from."""
    name: str
    """Name of the file in the source's directory; empty when the resource does not exist."""
    digest: str
    leaf: bool = False
    """It requested no further resource."""
    snapshot: Snapshot | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """``etag``, ``last-modified``."""
    subject: str = ""
    """What the page states to be about; see ``Page.lineage``."""
    serial: int = 0
    missed: str = ""
    resource: Resource | None = field(default=None, compare=False)
    """The resource as requested; ``None`` when this was read from the state."""

    @contextmanager
    def read(self, source: Source, directory: str) -> Iterator[Page]:
        """Let the source read it; the records can be iterated until the context is left."""
        asked = self.resource or Resource(self.role, (self.url,), 0)
        if not self.name:
            yield source.read(asked, None)
            return
        with open(os.path.join(directory, self.name), "rb") as body:
            yield source.read(asked, body)

    @property
    def lineage(self) -> str:
        """A name that stays the same when the role changes: roles may contain requested names, or keys."""
        if self.subject:
            return self.subject
        suite = dict(self.snapshot.facts).get("suite") if self.snapshot else None
        return f"suite {suite}" if suite else self.role

    @property
    def optional(self) -> bool:
        """Whether the text may be missing."""
        return self.resource is not None and self.resource.optional

    def with_page(self, page: Page) -> "SourcePart":
        """Return the part with what its page states about it."""
        return replace(self, leaf=not page.more, snapshot=page.snapshot, subject=page.lineage, serial=page.serial, missed=page.missed)


def encode_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as a JSON value."""
    return {"source": snapshot.source, "digest": snapshot.digest, "date": snapshot.date, "facts": [list(fact) for fact in snapshot.facts]}


def decode_snapshot(row: dict[str, Any]) -> Snapshot:
    """Return the snapshot that ``encode_snapshot`` encoded."""
    return Snapshot(row["source"], row["digest"], row["date"], tuple((key, value) for key, value in row["facts"]))


def encode_part(part: SourcePart) -> dict[str, Any]:
    """Return a part as a JSON value."""
    return {
        "role": part.role,
        "url": part.url,
        "name": part.name,
        "digest": part.digest,
        "leaf": part.leaf,
        "subject": part.subject,
        "serial": part.serial,
        "snapshot": encode_snapshot(part.snapshot) if part.snapshot else None,
        "headers": [list(header) for header in part.headers],
    }


def decode_part(row: dict[str, Any]) -> SourcePart:
    """Return the part that ``encode_part`` encoded."""
    return SourcePart(
        role=row["role"],
        url=row["url"],
        name=row["name"],
        digest=row["digest"],
        leaf=row["leaf"],
        subject=row.get("subject", ""),
        serial=row.get("serial", 0),
        snapshot=decode_snapshot(row["snapshot"]) if row["snapshot"] else None,
        headers=tuple((name, value) for name, value in row["headers"]),
    )
