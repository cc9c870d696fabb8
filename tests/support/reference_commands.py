"""Make ``docs/reference/cli.md`` from the parsers of the commands."""

import argparse
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from unittest.mock import patch

from nipsys.cli.commands.table import AREAS, COMMANDS
from nipsys.cli.parser import SHARED_OPTIONS, make_command_parser

HEAD = """# Commands

`nipsys [--root DIR] [--json] [--offline] COMMAND ...`. `nipsys --help` lists the commands, `nipsys COMMAND --help` shows one of them,
`nipsys --version` prints the version.

Every command accepts these options, before or after its name:

| option | meaning |
|---|---|
"""
TAIL = """
What a command answers with `--json` is in [JSON answers](json.md). Every command exits with 0 when it is done, 1 when it failed, 3 when its
command line is not valid, and 130 when it was interrupted ([exit codes](exit-codes.md)); others are listed with the command.

"""


EXIT_CODES = """# Exit codes

| code | meaning |
|---|---|
| 0 | done, or nothing to do |
| 1 | failed; the reason is on stderr, or on stdout with `--json` |
| 2 | something is pending: see the table below |
| 3 | not a valid command line: an unknown command or option, a missing or invalid argument; nothing was done |
| 130 | interrupted with Ctrl-C; the current generation is intact |

A mistake in the command line is reported like every other problem: on stderr, or with `--json` on stdout. Some commands give a code a meaning of
their own:

| command | code | when |
|---|---|---|
"""


def import_command(name: str) -> ModuleType:
    """Return the module of a command."""
    return import_module(f"nipsys.cli.commands.{COMMANDS[name].module}")


def exit_codes_of(name: str) -> Mapping[int | str, str]:
    """Return the exit codes that a command has beyond those of every command, or in another meaning; ``any`` stands for all."""
    found: Mapping[int | str, str] = getattr(import_command(name), "EXIT_CODES", {})
    return found


def make_exit_codes_page() -> str:
    """Return the page of exit codes: those of every command, then those of single ones."""
    rows = ((name, code, text) for name in COMMANDS for code, text in exit_codes_of(name).items())
    return EXIT_CODES + "".join(f"| [`nipsys {name}`](cli.md#nipsys-{name}) | {code} | {_cell(text)} |\n" for name, code, text in rows)


def make_page() -> str:
    """Return the page: shared options, then each command in the order of ``nipsys --help``."""
    shared = "".join(
        f"| `{_invoke(option, dict(settings))}` | {_cell(str(settings['help']))} |\n" for option, settings in SHARED_OPTIONS.items()
    )
    parts = [HEAD + shared + TAIL]
    with patch.dict("os.environ", {"COLUMNS": "100"}):  # the width of usages
        for area, commands in AREAS:
            parts.append(f"## {area.capitalize()}\n\n")
            parts += ["\n".join(_command(command.name)) + "\n" for command in commands]
    return "".join(parts).rstrip("\n") + "\n"


def _command(name: str) -> Iterator[str]:
    parser = make_command_parser(name, import_command(name))
    yield f"### `nipsys {name}`\n"
    yield from _describe(parser)
    if codes := exit_codes_of(name):
        yield "| exit code | when |\n|---|---|\n" + "".join(f"| {code} | {_cell(text)} |\n" for code, text in codes.items())
    for verb, inner in _subcommands(parser).items():
        yield f"#### `nipsys {name} {verb}`\n"
        yield from _describe(inner)


def _describe(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"{(parser.description or '').strip()}\n"
    yield f"```text\n{' '.join(parser.format_usage().removeprefix('usage: ').split())}\n```\n"
    rows = [f"| `{call}` | {_cell(text)} |\n" for call, text in _arguments(parser)]
    if rows:
        yield "| argument | meaning |\n|---|---|\n" + "".join(rows)
    if parser.epilog:
        yield f"```sh\n{parser.epilog.removeprefix('example: ')}\n```\n"


def _arguments(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Yield each argument as it is written, with its help; the shared options and ``--help`` are left out."""
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        if action.option_strings:
            value = "" if action.nargs == 0 else " " + (str(action.metavar) if action.metavar else _choices(action) or action.dest.upper())
            yield ", ".join(action.option_strings) + value, action.help or ""
        else:
            name = str(action.metavar or _choices(action) or action.dest)
            dots = " ..." if action.nargs in {"+", "*", argparse.REMAINDER} else ""
            yield (f"[{name}{dots}]" if action.nargs in {"?", "*"} else f"{name}{dots}"), action.help or ""


def _choices(action: argparse.Action) -> str:
    return "|".join(map(str, action.choices)) if action.choices else ""


def _subcommands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    return next((action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)), {})


def _invoke(option: str, settings: Mapping[str, object]) -> str:
    return f"{option} {settings['metavar']}" if "metavar" in settings else option


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("%%", "%")
