"""The ledger: rollback, pins, deletion, and the sweep after a killed process; none of them reads a manifest."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from toy_systems import numbered_system

from nipsys.generation import Generations, History, Operation
from nipsys.model import Rejected


def test_a_rollback_reads_no_manifest_and_one_line_of_history(generations: Generations, tmp_path: pathlib.Path) -> None:
    opened: list[str] = []
    parsed: list[str] = []
    looks: list[str] = []
    disk = generations.disk
    read, entries = disk.read, disk.list_entries
    disk.read = lambda path: (opened.append(path), read(path))[1]  # type: ignore[method-assign]
    disk.list_entries = lambda path="": (looks.append(path), entries(path))[1]  # type: ignore[method-assign]
    loads = json.loads
    try:
        json.loads = lambda text, **rest: (parsed.append(str(text)), loads(text, **rest))[1]  # type: ignore[assignment]
        generations.sweep()
        generations.rollback()
    finally:
        json.loads = loads
    assert generations.current_number() == 2
    assert not [path for path in opened if path.endswith(("manifest.json", "/trees", "/links"))]
    assert "generations/.links" not in looks
    assert len([text for text in parsed if '"what"' in text]) <= 2


def test_a_rollback_imports_little() -> None:
    program = "import sys; import nipsys.app.generations.rollback; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True).stdout.split()
    for heavy in (
        "dataclasses",
        "inspect",
        "pathlib",
        "threading",
        "nipsys.model.system.generation",
        "nipsys.generation.links.farm",
        "nipsys.store.trees",
    ):
        assert heavy not in loaded


def test_a_rollback_to_the_current_generation_writes_nothing(generations: Generations, tmp_path: pathlib.Path) -> None:
    before = (tmp_path / "history").read_bytes(), os.lstat(tmp_path / "current").st_ino
    assert generations.rollback(3).number == 3
    assert ((tmp_path / "history").read_bytes(), os.lstat(tmp_path / "current").st_ino) == before


def test_a_rollback_goes_to_the_parent(generations: Generations) -> None:
    generations.rollback(1)
    generations.commit(generations.stage(numbered_system(4)))
    assert generations.rollback().number == 1


def test_a_rollback_goes_to_an_older_generation_when_the_parent_is_deleted(generations: Generations) -> None:
    generations.delete(2)
    assert generations.rollback().number == 1
    assert generations.current_number() == 1


def test_a_rollback_from_the_oldest_generation_is_refused(generations: Generations) -> None:
    generations.rollback(1)
    with pytest.raises(Rejected, match="no generation is older than 1"):
        generations.rollback()
    assert generations.current_number() == 1


def test_a_rollback_to_an_unknown_generation_is_refused(generations: Generations) -> None:
    with pytest.raises(Rejected, match="generation 7 does not exist"):
        generations.rollback(7)
    assert generations.current_number() == 3


@pytest.mark.parametrize("delete", [Generations.delete, Generations.drop])
def test_a_pinned_generation_is_not_deleted(generations: Generations, delete: Callable[[Generations, int], None]) -> None:
    generations.pin(1, pinned=True)
    with pytest.raises(Rejected) as caught:
        delete(generations, 1)
    assert [problem.code for problem in caught.value.problems] == ["generation-pinned"]
    assert generations.numbers() == (1, 2, 3)
    generations.pin(1, pinned=False)
    delete(generations, 1)
    assert generations.numbers() == (2, 3)


def test_the_current_generation_is_not_deleted(generations: Generations) -> None:
    with pytest.raises(Rejected) as caught:
        generations.delete(3)
    assert [problem.code for problem in caught.value.problems] == ["generation-in-use"]
    assert generations.numbers() == (1, 2, 3)


def test_a_published_generation_that_was_never_current_is_swept(generations: Generations) -> None:
    generations.stage(numbered_system(4)).publish()
    assert generations.find_unswitched() == (4,)
    assert generations.sweep() == 1
    assert generations.numbers() == (1, 2, 3)
    assert generations.current_number() == 3


def test_generations_later_than_the_current_one_are_kept(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are left by a rollback; the history is read back to the switch to the newest of them and no further."""
    generations.rollback(1)
    read: list[int | None] = []
    every = History.iter_newest

    def watched(history: History) -> Iterator[Operation]:
        for operation in every(history):
            read.append(operation.after)
            yield operation

    monkeypatch.setattr(History, "iter_newest", watched)
    assert generations.find_unswitched() == ()
    assert read == [1, 3]
