"""Resolve a profile against its worlds, to a resolution or an explained conflict."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from nipsys.index import format_flag, parse_flag_values
from nipsys.model import reject
from nipsys.model.system import ChosenPackage, Conflict, Edge, Lock, Profile, Resolution
from nipsys.resolve.engines import Answer, BudgetExceeded, Core, Instance, engine_of, pause_gc
from nipsys.resolve.requirements import Requirement, locked_of, requirement_of
from nipsys.resolve.universe import JoinedUniverse
from nipsys.resolve.variants import read_defaults, read_flags
from nipsys.resolve.verifier import verify_resolution
from nipsys.resolve.world import World

EngineName = Literal["auto", "lazy", "sat", "asp"]


class Options(NamedTuple):
    """How to resolve."""

    locked: Lock | None = None
    """The lock to stay close to."""
    update: tuple[str, ...] = ()
    """Names (or ids) that may leave the lock; everything else stays if possible."""
    engine: EngineName = "auto"
    """``auto``: the built-in engine, then python-sat (if installed) once the budget of conflicts is exceeded."""
    budget: int = 400
    """Conflicts before ``auto`` falls back to python-sat."""
    minimal_change: bool = False
    """Prove that as few packages as possible leave the lock (needs clingo)."""
    optimal: bool = False
    """Prove that no package could be newer without another being older (needs clingo)."""
    explain: bool = True
    """Minimise a conflict and search for fixes."""


class Case(NamedTuple):
    """A profile as an instance, ready to be solved."""

    profile: Profile
    universe: JoinedUniverse
    requirements: list[Requirement]
    locked: frozenset[int]

    @property
    def instance(self) -> Instance:
        """The instance in numbers."""
        return Instance(self.universe, tuple(wanted.to_root(self.universe) for wanted in self.requirements))


def resolve(worlds: Sequence[World], profile: Profile, options: Options | None = None) -> Resolution | Conflict:
    """Choose packages for ``profile`` from ``worlds``; raise ``Rejected`` (kind ``host``) when a requested engine is not installed."""
    with pause_gc():
        return _resolve(worlds, profile, options or Options())


def _resolve(worlds: Sequence[World], profile: Profile, options: Options) -> Resolution | Conflict:
    case = case_of(worlds, profile, options)
    problems = tuple(wanted.problem for wanted in case.requirements if wanted.problem)
    if problems:
        return Conflict(problems)
    answer = solve(case, options)
    if isinstance(answer, Answer):
        if case.locked and not (options.minimal_change or options.optimal):
            answer = _restore_locked(case, answer, options.update)
        resolution = resolution_of(case, answer)
        verify_resolution(worlds, profile, resolution, from_text=answer.engine == "asp")
        return resolution
    from nipsys.resolve.explain import explain  # noqa: PLC0415 - only a conflict needs it

    return explain(case, answer, options)


def _restore_locked(case: Case, answer: Answer, update: Sequence[str]) -> Answer:
    """Restore what left the lock without need; updated and newly requested packages stay as chosen."""
    from nipsys.resolve.engines import minimize_changes  # noqa: PLC0415 - only a lock to stay close to needs it

    space, locked = case.universe, case.locked
    updated = [
        one
        for one in answer.chosen
        if one < space.bases
        and (
            (one in space.roots and not any(other in locked for other in space.group(one)))
            or (update and (space.name_of(one) in update or f"{space.locate(one)[0].spec.name}/{space.name_of(one)}" in update))
        )
    ]
    return minimize_changes(case.instance, answer, case.locked, updated)


def case_of(worlds: Sequence[World], profile: Profile, options: Options) -> Case:
    """Read the requests against the worlds; ``problem`` of each says what is wrong with it."""
    worlds = sorted(worlds, key=lambda world: (world.spec.priority, world.spec.name))
    wishing = [number for number, world in enumerate(worlds) if world.spec.get("recommends") is True]
    space = JoinedUniverse(worlds, wishing=wishing)
    locked = locked_of(space, options.locked, options.update)
    space.preferred = locked
    space.preferred_flags = read_defaults(profile.variants)
    requests = sorted(profile.requests, key=lambda request: (request.name, request.source or ""))
    wanted = [requirement_of(request, profile, space, locked) for request in requests]
    space.roots = frozenset(member for one in wanted for member in one.members)
    space.recommending = frozenset(member for one in wanted if one.request.get("recommends") is True for member in one.members)
    space.demanded_flags = {member: read_flags(one.request.flags) for one in wanted if one.request.flags for member in one.members}
    return Case(profile, space, wanted, locked)


def solve(case: Case, options: Options) -> Answer | Core:
    """Run the engine; its answer is not verified yet."""
    try:
        return engine_of(options.engine, options.budget, case.locked, minimal_change=options.minimal_change, optimal=options.optimal).solve(
            case.instance
        )
    except BudgetExceeded as error:
        raise reject(
            "request",
            "too-hard",
            f"dependency resolution gave up {error}",
            hint="install `nipsys[sat]`, or request fewer packages at once",
        ) from None


def resolution_of(case: Case, answer: Answer) -> Resolution:
    """Return the chosen packages by name, with the edges between them."""
    space = case.universe
    chosen = [candidate for candidate in answer.chosen if candidate < space.bases]
    inside = frozenset(answer.chosen)
    requested, notes = _match_requests(case, inside)
    ids: dict[int, str] = {}
    for world, start, end in zip(space.worlds, space.starts, space.starts[1:], strict=False):
        source, name = world.spec.name, world.index.name
        ids |= {candidate: f"{source}/{name(candidate - start)}" for candidate in chosen if start <= candidate < end}
    essential = {start + one for world, start in zip(space.worlds, space.starts, strict=False) for one in world.index.essential}
    picks = []
    for candidate in chosen:
        world, local = space.locate(candidate)
        source, index = world.spec.name, world.index
        picks.append(
            ChosenPackage(
                source,
                ids[candidate][len(source) + 1 :],
                index.version(local),
                local,
                candidate in requested,
                candidate in essential,
                _edges_of(space, candidate, inside, ids),
                _decided_flags(space, candidate, inside) if index.flagged else (),
                requested.get(candidate, ""),
            )
        )
    picks.sort(key=lambda pick: (pick.source, pick.name))
    return Resolution(tuple(picks), answer.engine, answer.conflicts, notes)


def _edges_of(space: JoinedUniverse, candidate: int, inside: frozenset[int], ids: dict[int, str]) -> tuple[Edge, ...]:
    """Return which chosen package satisfies each dependency and recommendation; the candidate itself where its own flag does."""
    expansion = space.expand(candidate)
    own = ids[candidate]
    edges = []
    for members, clause, _ in expansion.depends:
        if clause >= 0:
            for member in members:
                if member in inside:
                    edges.append(Edge(ids.get(member, own), clause))
                    break
    for members, clause, _ in expansion.recommends:
        met = next((member for member in members if member in inside), None)
        if met is not None:
            edges.append(Edge(ids.get(met, own), clause, recommended=True))
    return tuple(edges)


def _decided_flags(space: JoinedUniverse, candidate: int, inside: frozenset[int]) -> tuple[str, ...]:
    """Return the variants of a chosen candidate: fixed, decided by the search, preferred by the profile, or default."""
    world, local = space.locate(candidate)
    number = space.world_number(candidate)
    owner = world.index.owner[local]
    demanded = space.demanded_flags.get(candidate, {})
    out = []
    for flag, values in parse_flag_values(world.index.flags(local)).items():
        group = space.variants[number].find(owner, flag)
        chosen = [value for place, value in enumerate(group.values) if group.start + place in inside] if group else []
        wish = demanded.get(flag, space.preferred_flags.get(flag))
        out.append(format_flag(flag, chosen[0] if chosen else wish if wish in values else values[0]))
    return tuple(sorted(out))


def _match_requests(case: Case, inside: frozenset[int]) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return for each request the chosen candidate that satisfies it (the preferred one if there are several), and notes for the user."""
    found: dict[int, str] = {}
    notes = []
    for wanted in case.requirements:
        offer = next(offer for offer in wanted.accepted if offer.candidate in inside)
        found[offer.candidate] = wanted.request.name
        if offer.virtual:
            notes.append(f"`{wanted.request.name}` is provided by `{case.universe.name_of(offer.candidate)}`")
        if wanted.request.prefer and not case.locked and offer != wanted.accepted[0]:
            notes.append(f"`{wanted.request.name}` is {offer.version}: `{wanted.request.prefer}` was preferred but does not fit")
    return found, tuple(notes)
