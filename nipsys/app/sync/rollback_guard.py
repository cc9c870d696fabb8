"""What was seen of a source before and may not be undone: dates and serial numbers only grow, and what was there stays there.

It is kept as one table of texts in the source's state: a role, or what a page says it is about (its lineage), to the newest date seen;
``serial <lineage>`` to the highest number; ``there <role>`` for a text that may be missing and was not.
"""

from collections.abc import Iterable, Iterator, Mapping

from nipsys.app.sync.part import Part
from nipsys.model.problem import Problem
from nipsys.model.system.profile import SourceSpec


def remembered(past: Mapping[str, str], parts: Iterable[Part]) -> dict[str, str]:
    """Return the table with what ``parts`` show added to it."""
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


def undone(past: Mapping[str, str], parts: tuple[Part, ...], spec: SourceSpec) -> Iterator[Problem]:
    """Name every part that is older than what was seen, and everything that was there and is no longer."""
    there = {part.role.partition(":")[2] for part in parts if part.name}
    for part in parts:
        name, before = part.role.partition(":")[2], past.get(part.role, "")
        if before and name not in there:
            message = f"`{name}` was on the mirror before and is there no longer: `{part.url}`"
            notes = (f"a state of {before} was seen", "a mirror that leaves it out may be hiding security fixes")
            yield Problem("vanished", message, spec.span, notes, "try another mirror, or leave it out of `pockets`")
        if part.missed and f"there {part.role}" in past:
            hint = "try another mirror; if its makers have really stopped, remove the source's directory below `cache/indexes`"
            yield Problem("vanished", f"{part.missed}, and no longer is: `{part.url}`", spec.span, ("it was seen here before",), hint)
        yield from _older(past, part, spec)


def _older(past: Mapping[str, str], part: Part, spec: SourceSpec) -> Iterator[Problem]:
    number, highest = part.serial, int(past.get(f"serial {part.lineage}", 0))
    date, newest = part.snapshot.date if part.snapshot else "", max(past.get(part.role, ""), past.get(part.lineage, ""))
    if number and highest:
        state, seen, older = f"number {number}", f"number {highest}", number < highest
    else:
        state, seen, older = f"of {date}", f"{newest}", "" < date < newest
    if older:
        message = f"`{part.url}` is {state}, older than what was seen before"
        notes = (f"a state of {seen} was seen already", "a mirror that goes back may be hiding security fixes")
        hint = "try again later or another mirror, or say that you want the past with `snapshot=`"
        yield Problem("old-snapshot", message, spec.span, notes, hint)
