"""Random requests over three real suites: the own engine against MiniSat, every yes verified, every core checked.

The package lists come through the host's own apt configuration (and stay in ``NIPSYS_BENCH_CACHE``, where the benchmark keeps them too).
"""

import gc
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nipsys.model.system.conflict import Conflict
from nipsys.model.system.profile import Profile, Request
from nipsys.model.system.resolution import Resolution
from nipsys.resolve import Options, World, resolve
from nipsys.resolve.case import build_case
from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.instance import Answer, Core, Instance
from nipsys.resolve.engines.reachable import find_reachable
from nipsys.resolve.engines.verifier import verify_answer
from nipsys.resolve.requirements import requirement_of
from nipsys.resolve.universe import JoinedUniverse
from nipsys.resolve.verifier import verify_resolution

BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "resolve"
CASES = int(os.environ.get("NIPSYS_FUZZ_REAL", "1000"))
"""Real requests against MiniSat; more with the variable."""
PARTS = 4
WHOLE = max(60, CASES // 12)

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("three-suites")]


@pytest.fixture(scope="module")
def three_suites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return the universe of sid, trixie and bookworm; skip by name where the archive cannot be reached."""
    import subprocess

    patch = pytest.MonkeyPatch()
    if "NIPSYS_BENCH_CACHE" not in os.environ:
        patch.setenv("NIPSYS_BENCH_CACHE", str(tmp_path_factory.mktemp("suites")))
    patch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    try:
        from random_requests import opened
        from universe import index

        try:
            yield opened(index("three"))
        except (OSError, subprocess.SubprocessError, StopIteration) as fault:
            pytest.skip(f"the package lists cannot be fetched: {fault}")
    finally:
        patch.undo()


def told_by_minisat(question: Instance) -> bool:
    """Ask the reachable part of the universe, and no more, of another procedure."""
    from pysat.solvers import Solver

    with Solver(name="minisat22", bootstrap_with=find_reachable(question).rows) as procedure:
        return bool(procedure.solve())


def is_a_contradiction(core: Core) -> bool:
    from pysat.solvers import Solver

    with Solver(name="minisat22", bootstrap_with=[list(clause.literals) for clause in core.clauses]) as procedure:
        return not procedure.solve()


def asked(chance: random.Random, world: World) -> list[Request]:
    """Draw a few names, now and then many, half of them pinned to a suite that has them."""
    index = world.index
    requests = []
    for number in sorted(chance.sample(range(index.names), chance.choice((1, 2, 2, 3, 3, 5, 5, 8, 15, 40)))):
        candidate = chance.randrange(index.first[number], index.first[number + 1])
        pin = chance.choice(index.origins_of(candidate)) if chance.random() < 0.5 else None
        requests.append(Request(index.name_of(number), pin=pin))
    return requests


@pytest.mark.parametrize("part", range(PARTS))
def test_the_own_engine_agrees_with_minisat_on_real_requests(three_suites: World, part: int) -> None:
    """All cases of a part share a universe, so what one has reached costs the next nothing; each that is asked for brings its base."""
    chance = random.Random(1000 + part)
    space = JoinedUniverse([three_suites])
    space.roots = range(three_suites.index.size)  # type: ignore[assignment] - every candidate may be asked for
    answers = cores = 0
    gc.disable()  # what is reached lives on: to walk it again and again would take longer than the search
    for case in range(CASES // PARTS):
        requests = asked(chance, three_suites)
        profile = Profile("fuzz", "x86_64", requests=tuple(requests))
        wanted = [requirement_of(request, profile, space, frozenset()) for request in requests]
        question = Instance(space, tuple(one.to_root(space) for one in wanted if one.members))
        if not question.roots:
            continue
        outcome = CdclEngine().solve(question)
        assert isinstance(outcome, Answer) == told_by_minisat(question), (part, case, requests)
        if isinstance(outcome, Answer):
            verify_answer(question, outcome)
            answers += 1
        else:
            assert is_a_contradiction(outcome), (part, case, requests)
            cores += 1
    assert answers > CASES // PARTS // 4
    assert cores > CASES // PARTS // 50


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    yield
    gc.enable()


def test_the_whole_way_agrees_with_minisat_and_keeps_every_word(three_suites: World) -> None:
    """From requests to a resolution, checked by the texts of the packages; a no is told in at most eight lines."""
    chance = random.Random(5)
    seen = {True: 0, False: 0}
    for case in range(WHOLE):
        profile = Profile("fuzz", "x86_64", requests=tuple(asked(chance, three_suites)))
        outcome = resolve([three_suites], profile, Options(engine="lazy"))
        if isinstance(outcome, Conflict) and outcome.problems:
            continue
        seen[isinstance(outcome, Resolution)] += 1
        question = build_case([three_suites], profile, Options()).instance
        assert isinstance(outcome, Resolution) == told_by_minisat(question), (case, profile.requests)
        if isinstance(outcome, Resolution):
            verify_resolution([three_suites], profile, outcome, from_text=True)
        else:
            assert 1 <= len(outcome.reasons) <= 8
            assert outcome.fixes, (case, profile.requests)
    assert min(seen.values()) > WHOLE // 50
