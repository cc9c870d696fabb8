"""The commands that other tools rely on: build, audit trust, challenge, bootstrap."""

import json
from pathlib import Path

import pytest

from nipsys.cli.main import main

TOY = """
recipe "toy" version="1.0" {
    seed "busybox" kind="host" path="/bin/busybox" { reason "a shell for the tests"; }
    input "below" role="runtime"
    variant "x" default="on" { arguments "say" "x"; }
    variant "loud" { arguments "say" "LOUD"; }
    steps { run "/src/busybox" "sh" "-c" "echo \\"$*\\" > {out}/said" "sh" "{args:say}"; }
}
"""
BELOW = 'recipe "below" version="2" { steps { write "{out}/f" "x"; }; }'


@pytest.fixture
def root(tmp_path: Path, open_namespaces: None, static_busybox: str) -> list[str]:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "toy.kdl").write_text(TOY)
    (tmp_path / "recipes" / "below.kdl").write_text(BELOW)
    return ["--root", str(tmp_path / "R"), "--progress", "none"]


def test_build_prints_digest_and_path(root: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "recipes" / "toy.kdl")
    assert main([*root, "build", path]) == 0
    digest, place = capsys.readouterr().out.splitlines()
    assert main([*root, "build", path, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["digest"], value["path"]) == (digest, place)
    assert (Path(place) / "said").read_text() == "x\n"
    assert main([*root, "build", path, "-x", "+loud", "--json"]) == 0
    assert (Path(json.loads(capsys.readouterr().out)["path"]) / "said").read_text() == "LOUD\n"
    assert main([*root, "build", path, "x=off", "loud=on"]) == 0
    assert main([*root, "build", path, "--verbose", "--keep-work", "--no-cache", "--jobs", "1"]) == 0
    assert "run /src/busybox sh -c" in capsys.readouterr().err


def test_audit_trust_has_what_was_agreed(root: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*root, "build", str(tmp_path / "recipes" / "toy.kdl"), "+loud"]) == 0
    capsys.readouterr()
    assert main([*root, "audit", "trust", "toy", "+loud", "--json", "--svg", str(tmp_path / "t.svg")]) == 0
    value = json.loads(capsys.readouterr().out)
    assert {"seeds", "source_bytes", "binary_bytes_in_sources", "generated_bytes", "witnesses"} <= set(value)
    assert [set(seed) >= {"sha256", "size"} for seed in value["seeds"]] == [True]
    assert value["runtime"]["packages"] == ["toy 1.0 +loud", "below 2"]
    assert (tmp_path / "t.svg").read_text().startswith("<svg")
    assert main([*root, "audit", "trust", "toy", "+loud", "--path", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"][-1].startswith("seed busybox")
    assert main([*root, "audit", "trust", "toy", "+loud"]) == 0
    assert "must be trusted" in capsys.readouterr().out
    assert main([*root, "audit", "trust", "nothing", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "not-built-here"


def test_challenge_rebuilds(root: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "recipes" / "toy.kdl")
    assert main([*root, "build", path]) == 0
    capsys.readouterr()
    assert main([*root, "challenge", path, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["how"], value["same"], len(value["evidence"])) == ("rebuilt", True, 2)
    said = next((tmp_path / "R" / "store").glob("*-toy-1.0/said"))
    said.chmod(0o644)
    said.write_text("changed")
    assert main([*root, "challenge", path, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "build-not-reproducible"


def test_what_is_asked_wrongly_is_refused(root: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "recipes" / "toy.kdl")
    for words, code, exit_code in (
        ([], "usage", 3),
        ([path, path], "usage", 3),
        ([path, "--wat"], "usage", 3),
        ([path, "--source=moon"], "unknown-source", 3),
        ([path, "+nothing"], "unknown-flag", 1),
        ([str(tmp_path / "none.kdl")], "missing-file", 1),
        (["no-such-recipe"], "unknown-recipe", 1),
    ):
        assert main([*root, "--json", "build", *words]) == exit_code, words
        assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == code


def test_bootstrap_names_tools_and_recipes(
    root: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIPSYS_RECIPES", str(tmp_path / "recipes"))
    assert main([*root, "bootstrap", "list", "--json"]) == 0
    assert {tool["tool"] for tool in json.loads(capsys.readouterr().out)} == {"portage", "nix", "pkgsrc"}
    assert main([*root, "bootstrap", "info", "portage"]) == 0
    assert "manual" in capsys.readouterr().out
    assert main([*root, "bootstrap", "remove", "portage"]) == 0
    capsys.readouterr()
    assert main([*root, "bootstrap", "recipes", "--json"]) == 0
    names = {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert {"toy", "busybox"} <= names
    assert main([*root, "bootstrap", "update-recipes", "--from", str(tmp_path / "recipes"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"updated": ["below.kdl", "toy.kdl"]}
    assert main([*root, "bootstrap", "install", "--json"]) == 3


def test_flags_may_be_glued_and_a_missing_tool_is_named(
    root: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([*root, "build", str(tmp_path / "recipes" / "toy.kdl"), "+loud+x", "--json"]) == 0
    assert (Path(json.loads(capsys.readouterr().out)["path"]) / "said").read_text() == "LOUD x\n"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([*root, "build", "hello", "--source=pkgsrc", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "tool-missing"
    assert main([*root, "build", "hello", "--source=pkgsrc", "--yes", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "tool-not-installed"


def test_who_signed_an_index_is_reported(tmp_path: Path) -> None:
    from nipsys.app.query.audit import _read_signers

    assert _read_signers(str(tmp_path / "none")) == ""
    for name, text in (("fresh-a", "x"), ("signer-fresh-a", "KEY2\nKEY1\n"), ("signer-gone", "OLD\n")):
        (tmp_path / name).write_text(text)
    assert _read_signers(str(tmp_path)) == "KEY1, KEY2"
