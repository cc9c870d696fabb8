"""Rollback protection: dates and serial numbers of a source only grow, and an optional text that existed may not disappear.

The source's state holds one table of texts: a role, or what a page states to be about (its lineage), to the newest date seen;
``serial <lineage>`` to the highest serial number; ``there <role>`` for an optional text that was present.
"""

from collections.abc import Iterable, Iterator, Mapping

from nipsys.app.sync.part import SourcePart
from nipsys.model import Problem
from nipsys.model.system import SourceSpec


def record_seen(past: Mapping[str, str], parts: Iterable[SourcePart]) -> dict[str, str]:
    """Return the table ``past`` updated with what ``parts`` show."""
    found = dict(past)
    for part in parts:
        if part.snapshot is not None and part.snapshot.date:
            for key in (part.role, part.lineage):
                found[key] = max(found.get(key, ""), part.snapshot.date)
        if part.serial:
            found[f"serial {part.lineage}"] = str(max(part.serial, int(found.get(f"serial {part.lineage}", 0))))
        if part.optional and part.name:
            found[f"there {part.role}"] = "yes"
    return found


def find_rollbacks(past: Mapping[str, str], parts: tuple[SourcePart, ...], spec: SourceSpec) -> Iterator[Problem]:
    """Yield a problem for every part that is older than what was seen before, and for every part that disappeared."""
    there = {part.role.partition(":")[2] for part in parts if part.name}
    for part in parts:
        name, before = part.role.partition(":")[2], past.get(part.role, "")
        if before and name not in there:
            message = f"`{name}` has disappeared from the mirror: `{part.url}`"
            notes = (f"a version of {before} was seen before", "a missing index may hide security fixes (rollback attack)")
            yield Problem("vanished", message, spec.span, notes, "try another mirror, or remove it from `pockets`")
        if part.missed and f"there {part.role}" in past:
            hint = "try another mirror; if it was really discontinued, remove the source's directory below `cache/indexes`"
            yield Problem(
                "vanished", f"{part.missed}, and no longer is: `{part.url}`", spec.span, ("it was seen on this machine before",), hint
            )
        yield from _find_older(past, part, spec)


def _find_older(past: Mapping[str, str], part: SourcePart, spec: SourceSpec) -> Iterator[Problem]:
    number, highest = part.serial, int(past.get(f"serial {part.lineage}", 0))
    date, newest = part.snapshot.date if part.snapshot else "", max(past.get(part.role, ""), past.get(part.lineage, ""))
    if number and highest:
        state, seen, older = f"number {number}", f"number {highest}", number < highest
    else:
        state, seen, older = f"of {date}", f"{newest}", "" < date < newest
    if older:
        message = f"`{part.url}` is {state}, older than the newest version seen"
        notes = (f"newest seen: {seen}", "an older index may hide security fixes (rollback attack)")
        hint = "try again later, use another mirror, or request an older state with `snapshot=`"
        yield Problem("old-snapshot", message, spec.span, notes, hint)
