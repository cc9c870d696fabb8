"""What the synced sources know: search over names and summaries, and everything known of one package."""

import re
from collections.abc import Sequence

from nipsys.model.problem import reject
from nipsys.model.profile import Profile
from nipsys.model.record import Record
from nipsys.model.typed import NamedTuple
from nipsys.resolve import World

_PARTS = re.compile(r"[a-z0-9]+").findall


class Hit(NamedTuple):
    """One package of one source."""

    source: str
    name: str
    version: str
    """The newest."""
    summary: str


class Known(NamedTuple):
    """One version of a package in a source."""

    source: str
    kind: str
    suites: tuple[str, ...]
    record: Record


def search(worlds: Sequence[World], words: Sequence[str], limit: int = 50) -> tuple[tuple[Hit, ...], int]:
    """Find packages whose name or summary has all ``words``; at most ``limit``, and how many there are in all.

    First those so named, then those whose summary has the words as they stand, then in order,
    then anyhow; of equals those whose name contains them, then what more packages need.
    """
    wanted = tuple(word for text in words for word in text.lower().split())
    hits = []
    for rank, world in enumerate(sorted(worlds, key=lambda world: (world.spec.priority, world.spec.name))):
        index, hidden = world.index, getattr(world.dialect, "is_input", None)
        found = [frozenset(index.search(word)) for word in wanted]
        for number in frozenset.intersection(*found) if found else ():
            newest, name = index.first[number], index.name_of(number)
            if hidden is None or not hidden(name):
                hit = Hit(world.spec.name, name, index.version(newest), index.summary(newest))
                low = name.lower()
                apart = not all(word in low for word in wanted)
                fit = (_named(low, wanted), _told(hit.summary.lower(), wanted), apart, -index.wanted_by(number))
                hits.append((fit, rank, len(name), name, hit))
    hits.sort(key=lambda row: row[:4])
    return tuple(hit for *_, hit in hits[:limit]), len(hits)


def _named(name: str, words: Sequence[str]) -> int:
    """Rank how well a name fits: it is the words, begins with them, is made of them, or not."""
    joined = {mark.join(words) for mark in ("-", "", "_")}
    if name in joined:
        return 0
    if name.startswith(tuple(joined)):
        return 1
    return 2 if set(words) <= set(_PARTS(name)) else 3


def _told(summary: str, words: Sequence[str]) -> int:
    """Rank how well a summary fits: it ends with the words as they stand (so that is what it is), has them so, in order, anyhow, or not."""
    between = r"[\s/-]+".join(map(re.escape, words))
    found = re.search(rf"\b{between}\b", summary)
    if found:
        return 0 if found.end() == len(summary.rstrip(". ")) else 1
    if re.search(".*".join(map(re.escape, words)), summary):
        return 2
    return 3 if all(word in summary for word in words) else 4


def known(worlds: Sequence[World], profile: Profile, name: str) -> tuple[Known, ...]:
    """Give every version of a package in every source, preferred first; ``Rejected`` with near names when there is none."""
    from nipsys.resolve.nearest import nearest  # noqa: PLC0415 - mostly not needed

    found = []
    near: list[str] = []
    for world in sorted(worlds, key=lambda world: (world.spec.priority, world.spec.name)):
        names = [there for one, source, there in profile.aliases if one == name and source in {world.spec.name, world.spec.kind}]
        index = world.index
        called = names[0] if names else name.removeprefix(f"{world.spec.name}/")
        found += [
            Known(world.spec.name, world.spec.kind, index.origins_of(candidate), index.record(candidate))
            for candidate in index.candidates(called)
        ]
        near += nearest(name, index)
    if not found:
        hint = f"did you mean `{near[0]}`?" if near else f"`nipsys search {name}` looks at summaries too"
        raise reject("request", "unknown-package", f"no source has a package `{name}`", hint=hint)
    return tuple(found)
