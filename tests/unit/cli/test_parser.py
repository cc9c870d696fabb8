"""The command line: every command's options, its help with an example, and every mistake as a problem with exit code 3."""

import argparse
import json
import shlex
from collections.abc import Iterator
from importlib import import_module

import pytest

from nipsys.cli.commands.table import COMMANDS
from nipsys.cli.main import main
from nipsys.cli.parser import format_overview, make_command_parser, parse_command, parse_globals
from nipsys.cli.usage import UsageError


def parse(line: str) -> argparse.Namespace:
    given = parse_globals(shlex.split(line))
    return parse_command(import_module(f"nipsys.cli.commands.{COMMANDS[given.command].module}"), given)


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found[0]) if found else {}


def all_parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for name, command in COMMANDS.items():
        parser = make_command_parser(name, import_module(f"nipsys.cli.commands.{command.module}"))
        yield name, parser
        yield from ((f"{name} {verb}", inner) for verb, inner in subcommands(parser).items())


PARSERS = dict(all_parsers())


@pytest.mark.parametrize("line", ["--root /r --json --offline --progress none status", "status --root=/r --json --offline --progress none"])
def test_shared_options_are_accepted_before_and_after_the_command(line: str) -> None:
    chosen = parse(line)
    assert (chosen.command, chosen.root, chosen.json, chosen.offline, chosen.progress) == ("status", "/r", True, True, "none")


def test_shared_options_have_defaults() -> None:
    chosen = parse("status")
    assert (chosen.root, chosen.json, chosen.offline, chosen.progress) == (None, False, False, "auto")


def test_a_subcommand_accepts_shared_options_too() -> None:
    assert parse("generations show 3 --json").json
    assert parse("--json generations show 3").json


@pytest.mark.parametrize("line", ["rollback 3", "rollback --to 3", "rollback --to=3"])
def test_a_generation_to_roll_back_to_is_an_argument_or_an_option(line: str) -> None:
    chosen = parse(line)
    assert {chosen.number, chosen.to} == {3, None}


def test_package_requests_and_flags_are_words_in_order() -> None:
    chosen = parse("install vim '>=9' --no-apply -X +python -hardened --profile p.kdl ripgrep")
    assert chosen.words == ["vim", ">=9", "-X", "+python", "-hardened", "ripgrep"]
    assert (chosen.no_apply, chosen.profile) == (True, "p.kdl")
    chosen = parse("build --jobs 2 vim -X --source=gentoo graphics=wayland")
    assert (chosen.words, chosen.jobs, chosen.source) == (["vim", "-X", "graphics=wayland"], 2, "gentoo")


MISTAKES = {
    "--bogus": "unknown argument `--bogus`",
    "--bogus status": "unknown argument `--bogus`",
    "--root": "`--root`: expected one argument",
    "--progress loud status": "`--progress`: invalid choice: `loud`",
    "aply p.kdl": "unknown command `aply`",
    "status now": "unknown argument `now`",
    "status --detailed": "unknown argument `--detailed`",
    "status --json=yes": "`--json`: ignored explicit argument `yes`",
    "rollback --to": "`--to`: expected one argument",
    "rollback --to x": "`--to`: `x` is not a number",
    "rollback 1 --to 2": "not allowed with",
    "plan": "missing argument `profile`",
    "check p.kdl --hots": "unknown argument `--hots`",
    "lock --optimal --minimal-change p.kdl": "not allowed with `--optimal`",
    "gc --keep 0": "`--keep`: must be at least 1",
    "gc --older-than 3": "`--older-than`: invalid age `3`",
    "generations sho": "invalid choice: `sho`",
    "generations show x": "`x` is not a number",
    "install": "no package given",
    "install vim --nothing": "unknown option `--nothing`",
    "build": "expected exactly one recipe or package",
    "build a b": "expected exactly one recipe or package",
    "build a --nothing": "unknown option `--nothing`",
    "build a --source=moon": "unknown build source `moon`",
    "bootstrap": "missing argument `VERB`",
    "bootstrap install": "missing argument `tool`",
    "bootstrap install portage --yes": "unknown argument `--yes`",
    "bootstrap update-recipes --from /nowhere": "`/nowhere` is not a directory",
    "audit cve": "invalid choice: `cve`",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_usage_mistake_is_a_problem_with_exit_code_3(line: str, tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", f"{tmp_path}/root", *line.split()]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert MISTAKES[line] in said.err
    assert "\n  hint: " in said.err


def test_a_usage_mistake_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "now", "--json"]) == 3
    value = json.loads(capsys.readouterr().out)
    assert (value["kind"], value["problems"][0]["code"]) == ("request", "usage")


def test_an_unknown_option_of_any_command_is_a_usage_mistake() -> None:
    """Code 2 of ``plan`` and ``check`` means that something is pending, so no mistake of any command may have it."""
    for line in (*PARSERS, *COMMANDS):
        with pytest.raises(UsageError):
            parse(f"{line} --no-such-option")


@pytest.mark.parametrize("name", PARSERS)
def test_help_has_a_sentence_and_an_example_that_parses(name: str) -> None:
    parser = PARSERS[name]
    assert (parser.description or "").rstrip().endswith((".", ":", "`."))
    example = (parser.epilog or "").removeprefix("example: ")
    assert example.startswith(f"nipsys {name}")
    assert parse(example.removeprefix("nipsys ")).command == name.split(maxsplit=1)[0]
    help_ = parser.format_help()
    assert "example: " in help_
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]
    assert all(action.help for action in shown if not isinstance(action, argparse._SubParsersAction)), "each option is explained"
    assert all(option in help_ for action in shown for option in action.option_strings)


@pytest.mark.parametrize("line", ["build --help", "install --help", "generations pin --help", "status -h"])
def test_help_is_printed_by_the_command(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 0
    assert "example: nipsys" in capsys.readouterr().out


def test_help_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = PARSERS["verify"]
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, parser.format_help().splitlines())) <= 60
    monkeypatch.setenv("COLUMNS", "200")
    assert max(map(len, parser.format_help().splitlines())) > 80


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_overview_names_every_command_and_shared_option(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    said = capsys.readouterr().out
    assert said == format_overview()
    assert all(f"  {name} " in said for name in COMMANDS)
    assert all(option in said for option in ("--root DIR", "--json", "--offline", "--progress STYLE", "--version"))
