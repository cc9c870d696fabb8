"""Sources that are queried by name: index everything the profile's requests can reach, complete before it is resolved.

Only names that the profile takes from such a source (``source="pypi"``, or an alias) are looked up there: a program that happens to share
its name with a public project is never looked up by accident.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial

from nipsys.app.context import Site
from nipsys.app.sync.indexes import all_or_none, sync_names
from nipsys.app.sync.part import Part
from nipsys.app.sync.worlds import universe_of, written
from nipsys.effects.filelock import guard
from nipsys.effects.threads.parallel import together
from nipsys.model.digest import blake3_of, canonical
from nipsys.model.event import Began, Ended, Report
from nipsys.model.package.record import Batch, Record, Snapshot
from nipsys.model.problem import reject
from nipsys.model.system.profile import Profile, Request
from nipsys.resolve.world import comparisons
from nipsys.sources.common.frontier import next_questions
from nipsys.sources.port import Source

_ROUNDS = 60
"""Limit on the length of a chain of dependencies."""
_NAMES = 20_000
"""Limit on the number of queries for one profile."""


def reached(context: Site, profile: Profile, sources: Sequence[Source]) -> None:
    """Build the index of every source that is queried by name; offline, existing indexes stay as they are."""
    asked = [source for source in sources if not source.complete]
    if not asked:
        return
    os.makedirs(context.layout.indexes, exist_ok=True)
    with guard(f"{context.layout.indexes}/lock", command=context.command, clock=context.clock, report=context.report):
        wanted = [source for source in asked if not context.offline or not os.path.exists(universe_of(context, source.spec.name))]
        all_or_none(together([partial(_reach, context, profile, source) for source in wanted], context.report))


def questions(profile: Profile, source: Source) -> tuple[str, ...]:
    """Return what the profile itself requests from a source, as clauses of its dialect."""
    found = []
    for request in profile.requests:
        there = _there(request, profile, source)
        if there:
            bounds = [atom.version if atom.relation == "in" else atom.relation + atom.version for atom in comparisons(there, request.range)]
            if request.pin and request.pin not in _names(source):
                bounds.append(f"={request.pin.removeprefix('=')}")
            found.append(f"{there} {' '.join(bounds)}".strip())
    return tuple(sorted(set(found)))


def _there(request: Request, profile: Profile, source: Source) -> str:
    """Return the name of a request in a source; empty when it is not taken from there."""
    alias = next((there for known, where, there in profile.aliases if known == request.name and where in _names(source)), "")
    if request.source in _names(source) or (request.source is None and alias):
        return alias or request.name
    return ""


def _names(source: Source) -> tuple[str, str]:
    return source.spec.name, source.spec.kind


def _reach(context: Site, profile: Profile, source: Source, report: Report) -> None:
    name = source.spec.name
    report(Began("index", 0, name))
    wishes = source.spec.get("recommends") is True
    records: dict[tuple[str, str, str], Record] = {}
    parts: dict[str, Part] = {}
    asked: set[str] = set()
    now = questions(profile, source)
    for _ in range(_ROUNDS):
        if not now:
            break
        asked.update(now)
        if len(asked) > _NAMES:
            raise reject("source", "too-wide", f"the dependencies of `{name}` exceed {_NAMES:,} packages", span=source.spec.span)
        synced = sync_names(source, now, context.web, context.layout.indexes, report)
        found = {(record.name, record.version, record.arch): record for record in synced.batch().records}
        synced.commit()
        parts |= {part.role: part for part in synced.parts}
        records |= found
        now = next_questions(found.values(), asked, wishes=wishes)
    built = written(context, name, Batch(_snapshot(name, parts), source.dialect, [records[key] for key in sorted(records)]))
    report(Ended("index", f"{name}: {built.candidates} packages"))


def _snapshot(name: str, parts: Mapping[str, Part]) -> Snapshot:
    """Merge the snapshots of all pages read into one: newest date, facts of all, one digest."""
    snapshots = [part.snapshot for _, part in sorted(parts.items()) if part.snapshot is not None]
    facts = {key: value for snapshot in snapshots for key, value in snapshot.facts}
    digest = blake3_of(canonical(sorted([role, part.digest] for role, part in parts.items())))
    return Snapshot(name, digest, max((snapshot.date for snapshot in snapshots), default=""), tuple(sorted(facts.items())))
