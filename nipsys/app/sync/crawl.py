"""Sources that are queried by name: index everything the profile's requests can reach, complete before it is resolved.

Only names that the profile takes from such a source (``source="pypi"``, or an alias) are looked up there: a program that happens to share
its name with a public project is never looked up by accident.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial

from nipsys.app.context import Context
from nipsys.app.sync.indexes import require_all, sync_names
from nipsys.app.sync.part import SourcePart
from nipsys.app.sync.worlds import rebuild_index, universe_path
from nipsys.effects import hold_lock
from nipsys.effects.threads import run_all
from nipsys.model import Began, Ended, Reporter, blake3_of, reject, to_canonical_json
from nipsys.model.package import PackageRecord, Snapshot, SourceRecords
from nipsys.model.system import Profile, Request
from nipsys.sources import Source
from nipsys.sources.common import find_new_clauses

_ROUNDS = 60
"""Limit on the length of a chain of dependencies."""
_NAMES = 20_000
"""Limit on the number of queries for one profile."""


def crawl_sources(context: Context, profile: Profile, sources: Sequence[Source]) -> None:
    """Build the index of every source that is queried by name; offline, existing indexes stay as they are."""
    asked = [source for source in sources if not source.complete]
    if not asked:
        return
    os.makedirs(context.layout.indexes, exist_ok=True)
    with hold_lock(f"{context.layout.indexes}/lock", command=context.command, clock=context.clock, report=context.report):
        wanted = [source for source in asked if not context.offline or not os.path.exists(universe_path(context, source.spec.name))]
        require_all(run_all([partial(_crawl_source, context, profile, source) for source in wanted], context.report))


def questions_of(profile: Profile, source: Source) -> tuple[str, ...]:
    """Return what the profile itself requests from a source, as clauses of its dialect."""
    found = []
    for request in profile.requests:
        there = _name_in(request, profile, source)
        if there:
            bounds = [atom.version if atom.relation == "in" else atom.relation + atom.version for atom in request.range.comparisons]
            if request.pin and request.pin not in _names_of(source):
                bounds.append(f"={request.pin.removeprefix('=')}")
            found.append(f"{there} {' '.join(bounds)}".strip())
    return tuple(sorted(set(found)))


def _name_in(request: Request, profile: Profile, source: Source) -> str:
    """Return the name of a request in a source; empty when it is not taken from there."""
    alias = next((there for known, where, there in profile.aliases if known == request.name and where in _names_of(source)), "")
    if request.source in _names_of(source) or (request.source is None and alias):
        return alias or request.name
    return ""


def _names_of(source: Source) -> tuple[str, str]:
    return source.spec.name, source.spec.kind


def _crawl_source(context: Context, profile: Profile, source: Source, report: Reporter) -> None:
    name = source.spec.name
    report(Began("index", 0, name))
    recommends = source.spec.get("recommends") is True
    records: dict[tuple[str, str, str], PackageRecord] = {}
    parts: dict[str, SourcePart] = {}
    asked: set[str] = set()
    now = questions_of(profile, source)
    for _ in range(_ROUNDS):
        if not now:
            break
        asked.update(now)
        if len(asked) > _NAMES:
            raise reject("source", "too-wide", f"the dependencies of `{name}` exceed {_NAMES:,} packages", span=source.spec.span)
        synced = sync_names(source, now, context.web, context.layout.indexes, report)
        found = {(record.name, record.version, record.arch): record for record in synced.to_batch().records}
        synced.commit()
        parts |= {part.role: part for part in synced.parts}
        records |= found
        now = find_new_clauses(found.values(), asked, recommends=recommends)
    built = rebuild_index(context, name, SourceRecords(_snapshot(name, parts), source.dialect, [records[key] for key in sorted(records)]))
    report(Ended("index", f"{name}: {built.candidates} packages"))


def _snapshot(name: str, parts: Mapping[str, SourcePart]) -> Snapshot:
    """Merge the snapshots of all pages read into one: newest date, facts of all, one digest."""
    snapshots = [part.snapshot for _, part in sorted(parts.items()) if part.snapshot is not None]
    facts = {key: value for snapshot in snapshots for key, value in snapshot.facts}
    digest = blake3_of(to_canonical_json(sorted([role, part.digest] for role, part in parts.items())))
    return Snapshot(name, digest, max((snapshot.date for snapshot in snapshots), default=""), tuple(sorted(facts.items())))
