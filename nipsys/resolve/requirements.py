"""The profile's requests as roots: for each, which candidates satisfy it, preferred first, and why the others do not."""

from collections.abc import Sequence
from typing import NamedTuple

from nipsys.index import FlagValues, parse_flag_values
from nipsys.model import Problem, join_names
from nipsys.model.package import Atom
from nipsys.model.system import Lock, Profile, Request, VersionRange
from nipsys.resolve.engines import Root
from nipsys.resolve.universe import JoinedUniverse
from nipsys.resolve.variants import find_unmet, read_flags
from nipsys.resolve.world import World


class Offer(NamedTuple):
    """One candidate that has or provides a requested name."""

    candidate: int
    world: int
    version: str
    """Its version, or that of the provided name."""
    local_name: str
    """The request's name in that world."""
    virtual: bool


class Requirement:
    """One request with the candidates found for it."""

    __slots__ = ("accepted", "members", "offers", "problem", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.offers: list[Offer] = []
        """Everything that has or provides the name in a source the request allows."""
        self.accepted: list[Offer] = []
        """Those of the offers that range, pin, flags and C library allow, preferred first."""
        self.members: tuple[int, ...] = ()
        self.problem: Problem | None = None

    def to_root(self, universe: JoinedUniverse) -> Root:
        """Return the root for an engine."""
        return Root(self.members, choice=len({universe.group(member).start for member in self.members}) > 1)


def requirement_of(request: Request, profile: Profile, universe: JoinedUniverse, locked: frozenset[int]) -> Requirement:
    """Find the candidates for one request; ``problem`` says why there are none."""
    wanted = Requirement(request)
    allowed = [number for number, world in enumerate(universe.worlds) if is_source_allowed(request, world)]
    if not allowed:
        names = ", ".join(f"`{world.spec.name}`" for world in universe.worlds) or "none"
        wanted.problem = Problem(
            "unknown-source",
            f"`{request.name}` requests source `{request.source}`, which is not declared",
            request.span,
            hint=f"declared sources: {names}",
        )
        return wanted
    for number in allowed:
        wanted.offers += _find_offers(request.name, profile, universe, number)
    if not wanted.offers:
        there = [universe.worlds[number] for number in allowed]
        wanted.problem = _arch_problem(request, profile, there) or _unknown_problem(request, there, universe.worlds)
        return wanted
    wanted.accepted = [
        offer
        for offer in wanted.offers
        if is_match(offer, request, universe) and _is_runnable(offer, profile, universe) and not _missing_flags(offer, request, universe)
    ]
    if not wanted.accepted:
        wanted.problem = _mismatch_problem(wanted, profile, universe)
        return wanted
    wanted.accepted.sort(key=lambda offer: _preference(offer, request, universe, locked))
    wanted.members = tuple(dict.fromkeys(offer.candidate for offer in wanted.accepted))
    return wanted


def is_source_allowed(request: Request, world: World) -> bool:
    """Return whether a request allows a world, by the source's name or its kind."""
    return request.source is None or request.source in (world.spec.name, world.spec.kind)


def is_match(offer: Offer, request: Request, universe: JoinedUniverse) -> bool:
    """Return whether an offer satisfies the request's range and strict pin."""
    in_range = _is_in_range(offer.version, request.range, universe.worlds[offer.world])
    return in_range and (request.pin is None or _is_pinned(offer, request.pin, universe))


def _is_in_range(version: str, wanted: VersionRange, world: World) -> bool:
    """Return whether a range allows a version (empty for a provider without one); false also where the source cannot read the range."""
    try:
        return all(version and world.dialect.matches(atom, version) for atom in wanted.comparisons)
    except ValueError:
        return False


def _is_readable(wanted: VersionRange, world: World, version: str) -> bool:
    """Return whether a source's dialect can read a range, tried with one of its own versions."""
    try:
        for atom in wanted.comparisons:
            world.dialect.matches(atom, version)
    except ValueError:
        return False
    return True


def _is_pinned(offer: Offer, pin: str, universe: JoinedUniverse) -> bool:
    """Return whether a pin names the offer: its exact version, its source, or one of the source's suites."""
    world = universe.worlds[offer.world]
    local = offer.candidate - universe.starts[offer.world]
    return pin.removeprefix("=") == offer.version or pin in (world.spec.name, world.spec.kind) or pin in world.index.origins_of(local)


def _missing_flags(offer: Offer, request: Request, universe: JoinedUniverse) -> tuple[str, ...]:
    """Return the flags of the request that the offer cannot have."""
    if not request.flags:
        return ()
    return find_unmet(_flag_values(offer, universe), read_flags(request.flags))


def _flag_values(offer: Offer, universe: JoinedUniverse) -> FlagValues:
    world, local = universe.locate(offer.candidate)
    return parse_flag_values(world.index.flags(local))


def _is_runnable(offer: Offer, profile: Profile, universe: JoinedUniverse) -> bool:
    """Return whether an offer runs on the profile's machine, with its C library."""
    world, local = universe.locate(offer.candidate)
    return world.arch(profile.arch) == profile.arch and (
        profile.libc is None or world.fits_libc(world.index.bare_record(local), profile.libc)
    )


def _libc_of(offer: Offer, universe: JoinedUniverse) -> str:
    """Return the C library an offer needs."""
    world, local = universe.locate(offer.candidate)
    return world.libc_of(world.index.bare_record(local))


def _preference(offer: Offer, request: Request, universe: JoinedUniverse, locked: frozenset[int]) -> tuple[bool, bool, int, bool, int, int]:
    """Return a sort key: locked, softly pinned, source priority, release, distance from preferred flags; equal keys stay newest first."""
    priority = universe.worlds[offer.world].spec.priority
    soft = request.prefer is not None and _is_pinned(offer, request.prefer, universe)
    return (
        offer.candidate not in locked,
        not soft,
        priority,
        _is_prerelease(offer, request, universe),
        _flag_distance(offer, universe),
        offer.world,
    )


def _is_prerelease(offer: Offer, request: Request, universe: JoinedUniverse) -> bool:
    """Return whether a version is used only if no other fits: a pre-release that the range does not name."""
    dialect = universe.worlds[offer.world].dialect
    atoms = request.range.comparisons or (Atom(""),)
    return bool(offer.version) and all(dialect.is_prerelease(atom, offer.version) for atom in atoms)


def _flag_distance(offer: Offer, universe: JoinedUniverse) -> int:
    """Count the flags of a build that differ from the profile's preferred values."""
    if not universe.preferred_flags or not universe.worlds[offer.world].index.flagged:
        return 0
    held = _flag_values(offer, universe)
    return sum(1 for flag, value in universe.preferred_flags.items() if flag in held and value not in held[flag])


def _find_offers(name: str, profile: Profile, universe: JoinedUniverse, number: int) -> list[Offer]:
    world, start = universe.worlds[number], universe.starts[number]
    index = world.index
    called = next(
        (there for known, source, there in profile.aliases if known == name and source in (world.spec.name, world.spec.kind)), name
    )
    real = index.candidates(called)
    if real:
        return [Offer(start + one, number, index.version(one), called, virtual=False) for one in real]
    return [Offer(start + provider.candidate, number, provider.version, called, virtual=True) for provider in index.providers(called)]


def _arch_problem(request: Request, profile: Profile, allowed: Sequence[World]) -> Problem | None:
    """Report that a package exists only for other machines, where a source distinguishes those by name."""
    for world in allowed:
        prefix = world.dialect.siblings_prefix(request.name)
        found = [world.index.name_of(number).removeprefix(prefix) for number in world.index.names_starting(prefix)] if prefix else []
        if found:
            message = f"the profile is for {profile.arch}, but `{request.name}` is only offered for {', '.join(found)}"
            hint = f'make a profile with `arch "{found[0]}"`, or write a recipe for {profile.arch}'
            return Problem("arch-mismatch", message, request.span, (), hint)
    return None


def _unknown_problem(request: Request, allowed: Sequence[World], worlds: Sequence[World]) -> Problem:
    from nipsys.model import suggest_names  # noqa: PLC0415 - only a mistake needs it

    notes, best, unasked = [], [], []
    for world in allowed:
        near = suggest_names(request.name, world.index.all_names())
        if request.source is None and not world.traits.complete:
            notes.append(f"`{world.spec.name}` was not searched: it has no list of all names, so a package must name it as its source")
            unasked.append(world.spec.name)
        elif near:
            notes.append(f"`{world.spec.name}` has {', '.join(f'`{name}`' for name in near)}")
            best.append(near[0])
        else:
            notes.append(f"`{world.spec.name}` has no package of that name")
    elsewhere = [world for world in worlds if world not in allowed and world.index.candidates(request.name)]
    hint = f"did you mean `{best[0]}`?" if best else "`nipsys search` searches every source"
    if unasked and not best:
        hint = f'write `{request.name} source="{unasked[0]}"`'
    if elsewhere:
        hint = f"allow source `{elsewhere[0].spec.name}`, which has it"
    return Problem(
        "unknown-package",
        f"no source has a package `{request.name}`"
        if request.source is None
        else f"source `{request.source}` has no package `{request.name}`",
        request.span,
        tuple(notes),
        hint,
    )


def _mismatch_problem(wanted: Requirement, profile: Profile, universe: JoinedUniverse) -> Problem:
    request = wanted.request
    notes = []
    for number in dict.fromkeys(offer.world for offer in wanted.offers):
        offered = list(dict.fromkeys(offer.version or "an unversioned provider" for offer in wanted.offers if offer.world == number))
        text = ", ".join(offered[:4]) + (f" and {len(offered) - 4} more" if len(offered) > 4 else "")
        notes.append(f"`{universe.worlds[number].spec.name}` offers {text}")
    right = [offer for offer in wanted.offers if is_match(offer, request, universe) and _is_runnable(offer, profile, universe)]
    if right:
        return _flag_problem(right, request, universe, tuple(notes))
    in_range = [offer for offer in wanted.offers if is_match(offer, request, universe)]
    foreign = sorted({universe.worlds[offer.world].arch(profile.arch) for offer in in_range} - {profile.arch})
    if foreign and all(universe.worlds[offer.world].arch(profile.arch) != profile.arch for offer in in_range):
        message = f"the profile is for {profile.arch}, but `{request.name}` is only offered for {', '.join(foreign)}"
        hint = f'add a source for {profile.arch}, or make a profile with `arch "{foreign[0]}"`'
        return Problem("arch-mismatch", message, request.span, tuple(notes), hint)
    if in_range:
        libc = ", ".join(sorted({_libc_of(offer, universe) for offer in in_range}))
        return Problem(
            "libc-mismatch",
            f'the profile requires `libc "{profile.libc}"`, but `{request.name}` is only available for {libc}',
            request.span,
            tuple(notes),
            f"drop `libc` from the profile, or add a source built for {profile.libc}",
        )
    return _version_problem(wanted, universe, notes)


def _version_problem(wanted: Requirement, universe: JoinedUniverse, notes: Sequence[str]) -> Problem:
    """Report a pin or a range that no offered version fits, or that the sources cannot read."""
    name, versions, pin, span = wanted.request.name, wanted.request.range, wanted.request.pin, wanted.request.span
    samples = {offer.world: offer.version for offer in wanted.offers if offer.version}
    unable = [
        universe.worlds[number].spec.name
        for number, version in samples.items()
        if not _is_readable(versions, universe.worlds[number], version)
    ]
    if unable:
        message = f"`{versions}` is not a version range of {join_names(unable, 'or')}"
        return Problem("bad-value", message, versions.span or span, tuple(notes), "compare versions, as in `>=9 <10`")
    if pin:
        return Problem("no-version", f"no version of `{name}` fits pin `{pin}`", span, tuple(notes), "drop the pin")
    return Problem("no-version", f"no version of `{name}` fits `{versions}`", versions.span or span, tuple(notes), "widen the range")


def _flag_problem(offers: Sequence[Offer], request: Request, universe: JoinedUniverse, found: Sequence[str]) -> Problem:
    """Report which flags no offer can have, and what the offers have instead."""
    missing = list(dict.fromkeys(flag for offer in offers for flag in _missing_flags(offer, request, universe)))
    unmet = [flag for flag in request.flags if flag.name in missing]
    notes = list(found)
    for number in dict.fromkeys(offer.world for offer in offers):
        known = sorted({flag for offer in offers if offer.world == number for flag in _flag_values(offer, universe)})
        name = universe.worlds[number].spec.name
        notes.append(f"`{name}` builds it with {', '.join(known[:8])}" if known else f"`{name}` builds it in one way only")
    what = " ".join(str(flag) for flag in unmet) or " ".join(map(str, request.flags))
    span = next((flag.span for flag in unmet if flag.span), request.span)
    hint = 'drop the flag, or use a source that builds the package with it (`source="recipes"`, `source="gentoo"`)'
    return Problem("no-variant", f"no build of `{request.name}` has `{what}`", span, tuple(notes), hint)


def locked_of(universe: JoinedUniverse, lock: Lock | None, moving: Sequence[str]) -> frozenset[int]:
    """Return the candidates of a lock that are still offered, without those whose names may move."""
    if lock is None:
        return frozenset()
    numbers = {world.spec.name: number for number, world in enumerate(universe.worlds)}
    found = []
    for package in lock.packages:
        number = numbers.get(package.source)
        if number is None or package.name in moving or package.id in moving:
            continue
        index, start = universe.worlds[number].index, universe.starts[number]
        found += [start + one for one in index.candidates(package.name) if index.version(one) == package.version]
    return frozenset(found)
