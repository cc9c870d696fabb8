"""From a profile's sources to worlds that the resolver can choose from: open, sync, index and map them."""

import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nipsys.app.context import Context
from nipsys.app.sync.indexes import sync
from nipsys.app.sync.state import SyncResult
from nipsys.effects import hold_lock, trim_memory
from nipsys.effects.host import detect_libc
from nipsys.index import BuildReport, Index, write_index
from nipsys.model import Began, Ended, Span, reject
from nipsys.model.package import SourceRecords
from nipsys.resolve import World
from nipsys.sources import Source, traits_of
from nipsys.store import translate_errors

_UNIVERSE = "universe"
"""Name of the index file in a source's directory, which is mapped into memory."""


def refresh_indexes(context: Context, sources: Sequence[Source]) -> tuple[SyncResult, ...]:
    """Sync the complete sources and index those that changed; return the result of each."""
    with translate_errors(f"the root `{context.root}`"):
        os.makedirs(context.layout.indexes, exist_ok=True)
    with hold_lock(f"{context.layout.indexes}/lock", command=context.command, clock=context.clock, report=context.report):
        states = sync([source for source in sources if source.complete], context.web, context.layout.indexes, context.report)
        for state in states:
            _refresh_index(context, state)
    return states


def open_worlds(context: Context, sources: Sequence[Source], *, refresh: bool) -> tuple[World, ...]:
    """Map the index of every source; ``refresh`` syncs first. Raise ``Rejected`` when one was never synced or is damaged."""
    if refresh and not context.offline:
        refresh_indexes(context, sources)
    libc = detect_libc()
    return tuple(
        World(source.spec, _require_index(context, source.spec.name, source.spec.span), source.dialect, traits_of(source.spec.kind), libc)
        for source in sources
    )


def universe_path(context: Context, name: str) -> str:
    """Return the path of the index file of a source."""
    return f"{context.layout.indexes}/{name}/{_UNIVERSE}"


def rebuild_index(context: Context, name: str, batch: SourceRecords) -> BuildReport:
    """Replace the index of a source by one built from ``batch``, reusing what did not change."""
    os.makedirs(os.path.dirname(universe_path(context, name)), exist_ok=True)
    with _replacing(universe_path(context, name)) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
        built = write_index(batch, file, try_map_index(universe_path(context, name)))
    trim_memory()
    return built


def try_map_index(path: str) -> Index | None:
    """Map the index at ``path``, or return ``None`` when it does not exist or this version cannot read it."""
    try:
        return _map_index(path)
    except (OSError, ValueError):
        return None


def _require_index(context: Context, name: str, span: Span | None) -> Index:
    """Map the index of the source ``name``. Raise ``Rejected`` when it was never synced or is damaged; a damaged one is removed."""
    path = universe_path(context, name)
    try:
        return _map_index(path)
    except FileNotFoundError:
        message = f"the source `{name}` has never been synced"
        raise reject("source", "not-synced", message, hint="run `nipsys sync` while the mirror is reachable", span=span) from None
    except ValueError as error:
        os.unlink(path)
        raise reject("source", "damaged-index", f"the index of `{name}` is damaged: {error}", hint="run `nipsys sync`") from None


def _map_index(path: str) -> Index:
    """Map the index at ``path``; ``OSError`` when it cannot be read, ``ValueError`` when it is empty or not an index of this version."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return Index(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(descriptor)


def _refresh_index(context: Context, state: SyncResult) -> None:
    name = state.source.spec.name
    if not state.changed and try_map_index(universe_path(context, name)) is not None:
        return
    context.report(Began("index", 0, name))
    built = rebuild_index(context, name, state.to_batch())
    state.commit()
    context.report(Ended("index", f"{name}: {built.candidates} packages"))


@contextmanager
def _replacing(path: str) -> Iterator[int]:
    """Yield a descriptor of a new file that replaces ``path`` when the block succeeds."""
    temporary = f"{path}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        yield descriptor
        os.rename(temporary, path)
    finally:
        os.close(descriptor)
