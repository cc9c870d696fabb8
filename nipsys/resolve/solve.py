"""Resolve a profile against its worlds, to a resolution or an explained conflict."""

from collections.abc import Sequence

from nipsys.index import format_flag, parse_flag_values
from nipsys.model.system import ChosenPackage, Conflict, Edge, Profile, Resolution
from nipsys.resolve.case import Case, Options, build_case, solve_case
from nipsys.resolve.engines import Answer, pause_gc
from nipsys.resolve.universe import JoinedUniverse
from nipsys.resolve.verifier import verify_resolution
from nipsys.resolve.world import World


def resolve(worlds: Sequence[World], profile: Profile, options: Options | None = None) -> Resolution | Conflict:
    """Choose packages for ``profile`` from ``worlds``; raise ``Rejected`` (kind ``host``) when a requested engine is not installed."""
    with pause_gc():
        return _resolve(worlds, profile, options or Options())


def _resolve(worlds: Sequence[World], profile: Profile, options: Options) -> Resolution | Conflict:
    case = build_case(worlds, profile, options)
    problems = tuple(wanted.problem for wanted in case.requirements if wanted.problem)
    if problems:
        return Conflict(problems)
    answer = solve_case(case, options)
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

    universe, locked = case.universe, case.locked
    updated = [
        one
        for one in answer.chosen
        if one < universe.bases
        and (
            (one in universe.roots and not any(other in locked for other in universe.group(one)))
            or (update and (universe.name_of(one) in update or f"{universe.locate(one)[0].spec.name}/{universe.name_of(one)}" in update))
        )
    ]
    return minimize_changes(case.instance, answer, case.locked, updated)


def resolution_of(case: Case, answer: Answer) -> Resolution:
    """Return the chosen packages by name, with the edges between them."""
    universe = case.universe
    chosen = [candidate for candidate in answer.chosen if candidate < universe.bases]
    inside = frozenset(answer.chosen)
    requested, notes = _match_requests(case, inside)
    ids: dict[int, str] = {}
    for world, start, end in zip(universe.worlds, universe.starts, universe.starts[1:], strict=False):
        source, name = world.spec.name, world.index.name
        ids |= {candidate: f"{source}/{name(candidate - start)}" for candidate in chosen if start <= candidate < end}
    essential = {start + one for world, start in zip(universe.worlds, universe.starts, strict=False) for one in world.index.essential}
    picks = []
    for candidate in chosen:
        world, local = universe.locate(candidate)
        source, index = world.spec.name, world.index
        picks.append(
            ChosenPackage(
                source,
                ids[candidate][len(source) + 1 :],
                index.version(local),
                local,
                candidate in requested,
                candidate in essential,
                _edges_of(universe, candidate, inside, ids),
                _decided_flags(universe, candidate, inside) if index.flagged else (),
                requested.get(candidate, ""),
            )
        )
    picks.sort(key=lambda pick: (pick.source, pick.name))
    return Resolution(tuple(picks), answer.engine, answer.conflicts, notes)


def _edges_of(universe: JoinedUniverse, candidate: int, inside: frozenset[int], ids: dict[int, str]) -> tuple[Edge, ...]:
    """Return which chosen package satisfies each dependency and recommendation; the candidate itself where its own flag does."""
    expansion = universe.expand(candidate)
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


def _decided_flags(universe: JoinedUniverse, candidate: int, inside: frozenset[int]) -> tuple[str, ...]:
    """Return the variants of a chosen candidate: fixed, decided by the search, preferred by the profile, or default."""
    world, local = universe.locate(candidate)
    number = universe.world_number(candidate)
    owner = world.index.owner[local]
    demanded = universe.demanded_flags.get(candidate, {})
    out = []
    for flag, values in parse_flag_values(world.index.flags(local)).items():
        group = universe.variants[number].find(owner, flag)
        chosen = [value for place, value in enumerate(group.values) if group.start + place in inside] if group else []
        wanted = demanded.get(flag, universe.preferred_flags.get(flag))
        out.append(format_flag(flag, chosen[0] if chosen else wanted if wanted in values else values[0]))
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
