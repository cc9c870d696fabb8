"""A profile as an instance that engines can solve: what a resolution and an explanation of a conflict both start from."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from nipsys.model import reject
from nipsys.model.system import Lock, Profile
from nipsys.resolve.engines import Answer, BudgetExceeded, Core, Instance, engine_of
from nipsys.resolve.requirements import Requirement, locked_of, requirement_of
from nipsys.resolve.universe import JoinedUniverse
from nipsys.resolve.variants import read_defaults, read_flags
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


def build_case(worlds: Sequence[World], profile: Profile, options: Options) -> Case:
    """Match the profile's requests with the worlds' candidates; ``problem`` of a requirement says why it has none."""
    worlds = sorted(worlds, key=lambda world: (world.spec.priority, world.spec.name))
    recommending = [number for number, world in enumerate(worlds) if world.spec.get("recommends") is True]
    universe = JoinedUniverse(worlds, recommending_worlds=recommending)
    locked = locked_of(universe, options.locked, options.update)
    universe.preferred = locked
    universe.preferred_flags = read_defaults(profile.variants)
    requests = sorted(profile.requests, key=lambda request: (request.name, request.source or ""))
    wanted = [requirement_of(request, profile, universe, locked) for request in requests]
    universe.roots = frozenset(member for one in wanted for member in one.members)
    universe.recommending = frozenset(member for one in wanted if one.request.get("recommends") is True for member in one.members)
    universe.demanded_flags = {member: read_flags(one.request.flags) for one in wanted if one.request.flags for member in one.members}
    return Case(profile, universe, wanted, locked)


def solve_case(case: Case, options: Options) -> Answer | Core:
    """Run the engine; its answer is not verified yet. Raise ``Rejected`` (kind ``request``) when it exceeds its budget of conflicts."""
    engine = engine_of(options.engine, options.budget, case.locked, minimal_change=options.minimal_change, optimal=options.optimal)
    try:
        return engine.solve(case.instance)
    except BudgetExceeded as error:
        raise reject(
            "request",
            "too-hard",
            f"dependency resolution gave up {error}",
            hint="install `nipsys[sat]`, or request fewer packages at once",
        ) from None
