"""Packages that requests imply: the members of a group (pacman), and packages installed automatically (apk's ``install_if``).

Both are rules over a whole world, so they are applied around the resolver: groups before it runs, ``install_if`` after it, repeated until
nothing is added.
"""

from collections.abc import Callable, Iterator, Sequence

from nipsys.model import replace
from nipsys.model.package import PackageRecord
from nipsys.model.system import ANY_VERSION, Conflict, Profile, Request, Resolution, VersionRange
from nipsys.resolve import World

_ROUNDS = 16
Resolve = Callable[[Profile], Resolution | Conflict]


def expand_groups(profile: Profile, worlds: Sequence[World]) -> Profile:
    """Replace each request for a group by requests for its members; a package of that name takes precedence over a group."""
    requests: dict[tuple[str, str | None], Request] = {}
    for request in profile.requests:
        members = _group_members(request, worlds) or (request,)
        for member in members:
            requests.setdefault((member.name, member.source), member)
    return replace(profile, requests=tuple(requests.values()))


def resolve_with_implied(profile: Profile, worlds: Sequence[World], resolve: Resolve) -> tuple[Resolution | Conflict, Profile]:
    """Resolve, add the packages whose ``install_if`` is met, and repeat until none is added; return the outcome and its profile.

    An implied package never causes a conflict: it is left out when it does not fit.
    """
    outcome = resolve(profile)
    rules = [
        (world, record) for world in worlds if world.traits.install_if for record in _records(world) if "install-if" in dict(record.facts)
    ]
    left_out: set[tuple[str, str]] = set()
    for _ in range(_ROUNDS):
        if not rules or isinstance(outcome, Conflict):
            break
        new = [request for request in _find_triggered(outcome, rules) if (str(request.source), request.name) not in left_out]
        if not new:
            break
        more = replace(profile, requests=(*profile.requests, *new))
        attempt = resolve(more)
        if isinstance(attempt, Conflict):
            left_out.update((str(request.source), request.name) for request in new)
        else:
            outcome, profile = attempt, more
    return outcome, profile


def _group_members(request: Request, worlds: Sequence[World]) -> tuple[Request, ...]:
    there = [world for world in worlds if request.source in {None, world.spec.name, world.spec.kind}]
    if any(world.index.candidates(request.name) or world.index.providers(request.name) for world in there):
        return ()
    for world in there:
        if world.traits.groups:
            names = sorted({record.name for record in _records(world) if request.name in dict(record.facts).get("groups", "").split()})
            if names:
                return tuple(replace(request, name=name, source=world.spec.name, range=ANY_VERSION) for name in names)
    return ()


def _records(world: World) -> Iterator[PackageRecord]:
    for name in world.index.all_names():
        for candidate in world.index.candidates(name):
            yield world.index.record(candidate)


def _find_triggered(outcome: Resolution, rules: Sequence[tuple[World, PackageRecord]]) -> tuple[Request, ...]:
    """Return a request, exposing no programs, for every package whose conditions are all met and that is not chosen yet."""
    found: dict[tuple[str, str], Request] = {}
    chosen = {pick.id for pick in outcome.packages}
    for name in {world.spec.name for world, _ in rules}:
        have = _present_versions(outcome, next(world for world, _ in rules if world.spec.name == name))
        for world, record in rules:
            conditions = dict(record.facts)["install-if"].split()
            if world.spec.name == name and f"{name}/{record.name}" not in chosen and all(_is_met(text, world, have) for text in conditions):
                found.setdefault((name, record.name), Request(record.name, VersionRange.exactly(record.version), name, expose=()))
    return tuple(found[key] for key in sorted(found))


def _present_versions(outcome: Resolution, world: World) -> dict[str, list[str]]:
    """Return the names that the chosen packages of a world have or provide, each with its versions."""
    have: dict[str, list[str]] = {}
    for pick in outcome.packages:
        if pick.source == world.spec.name:
            have.setdefault(pick.name, []).append(pick.version)
            for text in world.index.record(pick.candidate).provides:
                name, version = world.dialect.parse_provide(text)
                have.setdefault(name, []).append(version)
    return have


def _is_met(text: str, world: World, have: dict[str, list[str]]) -> bool:
    (atom,) = world.dialect.parse_clause(text)
    met = any(world.dialect.matches(atom, version) for version in have.get(atom.name, ()))
    return met is not text.startswith("!")
