"""A rollback costs the same however large the systems are; the history detects every changed line."""

import json
import pathlib
import subprocess
import sys

import pytest

from nipsys.effects.clock import FixedClock
from nipsys.effects.disk.port import RealDisk
from nipsys.generation.catalog import Generations
from nipsys.generation.history import History, Operation
from nipsys.generation.stage import Published
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import FarmLink, System


def system(number: int) -> System:
    return System("p", "d", f"l{number}", "x86_64", links=(FarmLink(f"Links/Shared/{number}", "../../../../store/a/x"),))


@pytest.fixture
def generations(tmp_path: pathlib.Path) -> Generations:
    made = Generations(str(tmp_path), clock=FixedClock())
    for number in (1, 2, 3):
        made.commit(made.stage(system(number)))
    return made


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


def test_a_rollback_loads_next_to_nothing() -> None:
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


@pytest.mark.parametrize("failing", ["publish", "switch"])
def test_a_generation_that_cannot_be_made_current_is_discarded(
    generations: Generations, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "input/output error")

    staged = generations.stage(system(4))
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


def filled(tmp_path: pathlib.Path) -> tuple[History, pathlib.Path]:
    history = History(RealDisk(str(tmp_path)))
    for number in range(5):
        history.add(Operation("apply", "2026-11-20T08:00:00Z", "me", None, number))
    assert history.check() == ()
    return history, tmp_path / "history"


@pytest.mark.parametrize("number", range(5))
def test_a_changed_history_line_is_detected(tmp_path: pathlib.Path, number: int) -> None:
    """Also the last one, which no line follows."""
    history, file = filled(tmp_path)
    lines = file.read_bytes().split(b"\n")
    lines[number] = lines[number].replace(b'"who":"me"', b'"who":"us"')
    file.write_bytes(b"\n".join(lines))
    assert history.check()[0].line == number + 1


@pytest.mark.parametrize("number", range(4))
def test_a_removed_history_line_is_detected(tmp_path: pathlib.Path, number: int) -> None:
    history, file = filled(tmp_path)
    lines = file.read_bytes().split(b"\n")
    del lines[number]
    file.write_bytes(b"\n".join(lines))
    assert history.check()


def test_moved_history_lines_are_detected(tmp_path: pathlib.Path) -> None:
    history, file = filled(tmp_path)
    first, second, *rest = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([second, first, *rest]))
    assert len(history.check()) >= 2


def test_history_lines_without_a_seal_are_accepted(tmp_path: pathlib.Path) -> None:
    history, file = filled(tmp_path)
    value = json.loads(file.read_bytes().splitlines()[0])
    del value["seal"]
    file.write_text(json.dumps(value) + "\n")
    assert history.check() == ()
    history.add(Operation("apply", "2026-11-20T08:00:00Z", "me", None, 9))
    assert history.check() == ()
    assert [line.after for line in history.iter_newest()] == [9, 0]
