"""The history: incomplete, changed, removed and moved lines are detected."""

import json
import pathlib

import pytest

from nipsys.effects.disk import RealDisk
from nipsys.generation.catalog import Generations
from nipsys.generation.history import History, Operation


def test_incomplete_and_changed_lines_are_detected(tmp_path: pathlib.Path) -> None:
    history = Generations(str(tmp_path)).history
    for number in range(3):
        history.add(Operation("apply", "2026-11-20T08:00:00Z", "me", None, number))
    file = tmp_path / "history"
    with file.open("ab") as out:
        out.write(b'{"what":"app')  # a power cut
    history.add(Operation("apply", "2026-11-20T08:00:00Z", "me", None, 3))
    assert [line.after for line in history.operations()] == [0, 1, 2, 3]
    assert [broken.why for broken in history.check()] == ["the line is incomplete"]
    file.write_bytes(file.read_bytes().replace(b'"after":1', b'"after":7'))
    assert any("does not follow" in broken.why for broken in history.check())


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
