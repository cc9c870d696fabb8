"""Random requests over three real suites: the own engine against MiniSat, every yes verified, every core checked.

The package lists come through the host's own apt configuration (and stay in ``NIPSYS_BENCH_CACHE``, where the benchmark keeps them too).
"""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nipsys.model.profile import Profile, Request
from nipsys.resolve import Options, World
from nipsys.resolve.choose import case_of
from nipsys.resolve.lazy import Lazy
from nipsys.resolve.question import Answer
from nipsys.resolve.reach import reach
from nipsys.resolve.verify import verify

BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "resolve"
CASES = int(os.environ.get("NIPSYS_FUZZ_REAL", "400"))

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("three-suites")]


@pytest.fixture(scope="module")
def three_suites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the universe of sid, trixie and bookworm; skip by name where the archive cannot be reached."""
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


def test_the_own_engine_agrees_with_minisat_on_real_requests(three_suites: World) -> None:
    from pysat.solvers import Solver

    names = list(three_suites.index.all_names())
    chance = random.Random(5)
    answers = cores = 0
    for case in range(CASES):
        wanted = sorted(chance.sample(names, chance.choice((2, 2, 5, 15, 40))))
        requests = [Request(name, pin=chance.choice((None, None, None, "sid", "bookworm"))) for name in wanted]
        asked = case_of([three_suites], Profile("fuzz", "x86_64", requests=tuple(requests)), Options())
        asked = asked._replace(wanted=[one for one in asked.wanted if one.members])
        question = asked.question
        if not question.roots:
            continue
        outcome = Lazy().solve(question)
        with Solver(name="minisat22", bootstrap_with=[list(clause.literals) for clause in reach(question).clauses]) as procedure:
            assert isinstance(outcome, Answer) == procedure.solve(), (case, wanted)
        if isinstance(outcome, Answer):
            verify(question, outcome)
            answers += 1
        else:
            with Solver(name="minisat22", bootstrap_with=[list(clause.literals) for clause in outcome.clauses]) as procedure:
                assert not procedure.solve(), (case, wanted)
            cores += 1
    assert answers > CASES // 4
    assert cores > CASES // 40
