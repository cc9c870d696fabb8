"""Sync a source, find a record in it, fetch it and put it into a store: what the app does, without resolving."""

from collections.abc import Iterable
from pathlib import Path

from nipsys.app.sync.indexes import sync_names
from nipsys.effects.web.fetcher import Fetcher
from nipsys.model.host import HostFacts
from nipsys.model.package.record import PackageRecord
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.common.frontier import find_new_clauses
from nipsys.sources.kinds import open_source
from nipsys.sources.port import Source
from nipsys.store.trees import Store

NOW = "2026-11-20T08:00:00Z"


def opened(kind: str, host: HostFacts | None = None, **settings: str) -> Source:
    """Open a source; ``_`` in a setting's name stands for ``-``."""
    pairs = tuple(sorted((key.replace("_", "-"), value) for key, value in settings.items()))
    return open_source(SourceSpec(kind, kind, settings=pairs), host or HostFacts(), NOW)


def records(source: Source, where: Path, names: tuple[str, ...] = ()) -> list[PackageRecord]:
    """Sync into ``where`` and give every record; a source that is not complete is asked until nothing is left to ask."""
    where.mkdir(parents=True, exist_ok=True)
    found: list[PackageRecord] = []
    asked: set[str] = set()
    while True:
        asked.update(names)
        synced = sync_names(source, names, Fetcher(), str(where))
        new = list(synced.to_batch().records)
        synced.commit()
        found += new
        names = () if source.complete else find_new_clauses(new, asked)
        if not names:
            return found


def named(found: Iterable[PackageRecord], name: str) -> PackageRecord:
    """Return the only record of a name."""
    (record,) = (record for record in found if record.name == name)
    return record


def stored(source: Source, record: PackageRecord, root: Path) -> Path:
    """Fetch an artifact, put it into the store of ``root``, and give the tree's path."""
    downloads = root / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    (fetched,) = Fetcher().fetch([source.artifact(record)], str(downloads))
    assert fetched.path is not None
    store = Store(str(root))
    with store.open_batch(1) as batch:
        batch.put(lambda: Path(fetched.path or "").open("rb"), source.container(record), record.name, record.version, record.digest)  # noqa: SIM115 - the batch closes it
        ((name, _),) = batch.commit()
    return Path(store.path(name))


def merged(trees: Iterable[Path], skip: tuple[str, ...] = (".package",)) -> dict[str, tuple[str, object]]:
    """Return what the trees hold together, as ``tools.contents`` does."""
    from tools import contents

    found: dict[str, tuple[str, object]] = {}
    for tree in trees:
        found |= contents(tree, skip)
    return found
