"""Search names and summaries of the synced sources, and look up everything known about one package."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from nipsys.app.query.comparison import Comparison, compare
from nipsys.model import reject
from nipsys.model.package import PackageRecord
from nipsys.model.system import Profile
from nipsys.resolve import World
from nipsys.sources.common import find_aliases

_PARTS = re.compile(r"[a-z0-9]+").findall


class Hit(NamedTuple):
    """One package of one source."""

    source: str
    name: str
    version: str
    """The newest version."""
    summary: str
    side: Comparison
    """How it compares with the same program elsewhere."""


class SearchResult(NamedTuple):
    """The packages that a search found, best first."""

    hits: tuple[Hit, ...]
    """At most as many as were requested."""
    total: int
    """The number of all."""


class PackageDetails(NamedTuple):
    """One version of a package in a source."""

    source: str
    kind: str
    suites: tuple[str, ...]
    record: PackageRecord
    side: Comparison


def search_packages(worlds: Sequence[World], words: Sequence[str], limit: int = 50) -> SearchResult:
    """Find packages whose name or summary contains all ``words``; return at most ``limit`` hits, and the number of all.

    Sorted by how well the name matches, then the summary: the exact phrase, the words in order, the words in any order. Ties go to
    names that contain the words, then to packages that more packages depend on.
    """
    wanted = tuple(word for text in words for word in text.lower().split())
    hits = []
    for rank, world in enumerate(sorted(worlds, key=lambda world: (world.spec.priority, world.spec.name))):
        index, is_hidden = world.index, world.dialect.is_build_input
        found = [frozenset(index.search(word)) for word in wanted]
        for number in frozenset.intersection(*found) if found else ():
            newest, name = index.first[number], index.name_of(number)
            if not is_hidden(name):
                low = name.lower()
                apart = not all(word in low for word in wanted)
                fit = (_rank_name(low, wanted), _rank_summary(index.summary(newest).lower(), wanted), apart, -index.popularity_of(number))
                hits.append((fit, rank, len(name), name, world, newest))
    hits.sort(key=lambda row: row[:4])
    return SearchResult(tuple(_hit(world, newest) for *_, world, newest in hits[:limit]), len(hits))


def _hit(world: World, newest: int) -> Hit:
    record = world.index.record(newest)
    return Hit(world.spec.name, record.name, record.version, record.summary, compare(world, record))


def _rank_name(name: str, words: Sequence[str]) -> int:
    """Rank how well a name matches: 0 equals the words, 1 begins with them, 2 consists of them among others, 3 none of these."""
    joined = {mark.join(words) for mark in ("-", "", "_")}
    if name in joined:
        return 0
    if name.startswith(tuple(joined)):
        return 1
    return 2 if set(words) <= set(_PARTS(name)) else 3


def _rank_summary(summary: str, words: Sequence[str]) -> int:
    """Rank how well a summary matches: 0 ends with the phrase, 1 contains it, 2 words in order, 3 in any order, 4 none of these."""
    between = r"[\s/-]+".join(map(re.escape, words))
    found = re.search(rf"\b{between}\b", summary)
    if found:
        return 0 if found.end() == len(summary.rstrip(". ")) else 1
    if re.search(".*".join(map(re.escape, words)), summary):
        return 2
    return 3 if all(word in summary for word in words) else 4


def _details_of(world: World, candidate: int) -> PackageDetails:
    record = world.index.record(candidate)
    return PackageDetails(world.spec.name, world.spec.kind, world.index.origins_of(candidate), record, compare(world, record))


def _versioned_names(world: World, name: str) -> tuple[int, ...]:
    """Return the candidates of a world whose names include the version: ``semver:7.6.3`` is a ``semver``."""
    return tuple(one.candidate for one in world.index.providers(name) if world.index.name(one.candidate).startswith(f"{name}:"))


def find_package(worlds: Sequence[World], profile: Profile, name: str) -> tuple[PackageDetails, ...]:
    """Return every version of a package in every source, preferred first. Raise ``Rejected`` with similar names when none exists."""
    from nipsys.model import suggest_names  # noqa: PLC0415 - mostly not needed

    found = []
    near: list[str] = []
    for world in sorted(worlds, key=lambda world: (world.spec.priority, world.spec.name)):
        names = [there for one, source, there in profile.aliases if one == name and source in {world.spec.name, world.spec.kind}]
        index = world.index
        own = name.removeprefix(f"{world.spec.name}/")
        elsewhere = [there for _, kind, there in find_aliases((own,)) if kind == world.spec.kind]
        called = next((one for one in (*names, own, *elsewhere) if index.candidates(one)), own)
        candidates = index.candidates(called) or _versioned_names(world, called)
        found += [_details_of(world, candidate) for candidate in candidates]
        near += suggest_names(name, index.all_names())
    if not found:
        hint = f"did you mean `{near[0]}`?" if near else f"`nipsys search {name}` also searches summaries"
        raise reject("request", "unknown-package", f"no source has a package `{name}`", hint=hint)
    return tuple(found)
