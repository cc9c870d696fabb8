"""The commit of a generation: durable when it returns, and nothing is left of one that failed."""

import pytest
from toy_systems import numbered_system

from nipsys.effects.disk.port import RealDisk
from nipsys.generation.catalog import Generations
from nipsys.generation.stage import Published
from nipsys.model.problem import Rejected


@pytest.mark.parametrize("failing", ["publish", "switch"])
def test_a_generation_that_cannot_be_made_current_is_discarded(
    generations: Generations, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "input/output error")

    staged = generations.stage(numbered_system(4))
    if failing == "publish":
        syncs = iter([None, refuse])  # the shared directories, then the generation itself
        real = RealDisk.sync_directory
        monkeypatch.setattr(RealDisk, "sync_directory", lambda self, path="": (next(syncs, None) or real)(self, path))
    else:
        monkeypatch.setattr(Published, "switch", refuse)
    with pytest.raises((Rejected, OSError)):
        generations.commit(staged)
    monkeypatch.undo()
    assert generations.numbers() == (1, 2, 3)
    assert generations.current_number() == 3
