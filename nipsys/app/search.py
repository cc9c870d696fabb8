"""What the synced sources know: search over names and summaries, and everything known of one package."""

from collections.abc import Sequence

from nipsys.model.problem import reject
from nipsys.model.profile import Profile
from nipsys.model.record import Record
from nipsys.model.typed import NamedTuple
from nipsys.resolve import World


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
    """Find packages that fit all ``words``: by name first, then by summary; at most ``limit``, and how many there are in all."""
    hits = []
    for rank, world in enumerate(sorted(worlds, key=lambda world: (world.spec.priority, world.spec.name))):
        index = world.index
        found = [index.search(word) for word in words]
        inside = [frozenset(row) for row in found[1:]]
        for place, number in enumerate(found[0] if found else ()):
            if all(number in row for row in inside):
                newest = index.first[number]
                hit = Hit(world.spec.name, index.name_of(number), index.version(newest), index.summary(newest))
                hits.append((_quality(hit.name, words[0]), place, rank, hit))
    hits.sort(key=lambda row: row[:3])
    return tuple(hit for *_, hit in hits[:limit]), len(hits)


def _quality(name: str, word: str) -> int:
    low, word = name.lower(), word.lower()
    return 0 if low == word else 1 if low.startswith(word) else 2 if word in low else 3


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
