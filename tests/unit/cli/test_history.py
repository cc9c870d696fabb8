"""``history`` says whether somebody changed it; a line that a power cut left incomplete is only reported."""

import json
import pathlib

import pytest
from small_root import write_profiles

from nipsys import api
from nipsys.cli.main import main


@pytest.fixture
def root(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    root = api.Root(str(tmp_path / "root"))
    for profile in write_profiles(tmp_path):
        api.apply(root, api.plan(root, api.load_profile(str(profile))))
    return root.path


def ask(root: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, object]]]:
    code = main(["--root", root, "--json", "history"])
    broken: list[dict[str, object]] = json.loads(capsys.readouterr().out)["broken"]
    return code, broken


def test_an_intact_history_is_0(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(root, capsys) == (0, [])


def test_an_incomplete_line_is_reported_and_0(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    with open(f"{root}/history", "a", encoding="utf-8") as file:
        file.write('{"what": "app')
    assert ask(root, capsys) == (0, [{"line": 3, "why": "the line is incomplete", "incomplete": True}])
    assert main(["--root", root, "history"]) == 0
    assert "line 3: the line is incomplete" in capsys.readouterr().out


def test_a_changed_line_is_1(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    history = pathlib.Path(root, "history")
    history.write_text(history.read_text().replace('"what":"apply"', '"what":"gc"', 1))
    code, broken = ask(root, capsys)
    assert code == 1
    assert [row["incomplete"] for row in broken] == [False, False]


def test_a_line_that_was_blotted_out_is_1(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It looks incomplete, but the next line does not follow from the one before it."""
    lines = pathlib.Path(root, "history").read_text().splitlines()
    pathlib.Path(root, "history").write_text(f"{lines[0][:20]}\n{lines[1]}\n")
    code, broken = ask(root, capsys)
    assert code == 1
    assert [row["incomplete"] for row in broken] == [True, False]
