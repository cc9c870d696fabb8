"""The built-in engine's budget: a search that takes too long ends, and says after how many conflicts."""

import pytest
from toy_world import Numbers

from nipsys.resolve.engines import BudgetExceeded, Core, Instance, Root, engine_of
from nipsys.resolve.engines.cdcl import CdclEngine


def pigeons_in_holes(pigeons: int, holes: int) -> Instance:
    """Return the pigeonhole principle as an instance: each pigeon needs a hole, and a hole has room for one. Hard for any search."""
    first = holes * pigeons
    needs = {first + one: [[hole * pigeons + one for hole in range(holes)]] for one in range(pigeons)}
    universe = Numbers([*[pigeons] * holes, *[1] * pigeons], needs, {})
    return Instance(universe, tuple(Root((first + one,), choice=False) for one in range(pigeons)))


def conflicts_of(instance: Instance) -> int:
    outcome = CdclEngine().solve(instance)
    assert isinstance(outcome, Core)
    return outcome.conflicts


def test_the_budget_counts_conflicts() -> None:
    instance = pigeons_in_holes(5, 4)
    needed = conflicts_of(instance)
    assert 1 < needed < 1000
    with pytest.raises(BudgetExceeded, match=f"after {needed - 1} conflicts"):
        CdclEngine(needed - 1).solve(instance)
    assert isinstance(CdclEngine(needed).solve(instance), Core)


def test_an_answer_without_conflicts_needs_no_budget() -> None:
    universe = Numbers([1, 1], {0: [[1]]}, {})
    assert CdclEngine(0).solve(Instance(universe, (Root((0,), choice=False),))).conflicts == 0


def test_past_its_budget_another_engine_answers() -> None:
    outcome = engine_of("auto", 5, (), minimal_change=False, optimal=False).solve(pigeons_in_holes(5, 4))
    assert isinstance(outcome, Core)
    assert outcome.engine == "sat"
