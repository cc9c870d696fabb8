"""A root with three generations, each the child of the one before."""

import pathlib

import pytest
from toy_systems import numbered_system

from nipsys.effects.clock import FixedClock
from nipsys.generation.catalog import Generations


@pytest.fixture
def generations(tmp_path: pathlib.Path) -> Generations:
    made = Generations(str(tmp_path), clock=FixedClock())
    for number in (1, 2, 3):
        made.commit(made.stage(numbered_system(number)))
    return made
