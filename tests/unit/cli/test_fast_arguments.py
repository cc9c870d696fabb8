"""What is read without argparse is read as argparse reads it; all else is left to argparse."""

import subprocess
import sys
from importlib import import_module

import pytest

from nipsys.cli.commands.table import COMMANDS
from nipsys.cli.fast_arguments import FAST_COMMANDS, parse_fast
from nipsys.cli.parser import CommandParser, parse_globals

PLAIN = (
    "status", "rollback", "rollback --to 3", "rollback --to=3", "--root /r status", "status --root=/r", "--json status --detailed-exitcode",
    "--offline rollback --json --progress plain --to 12", "--progress=none status",
)  # fmt: skip
OTHER = (
    "", "--help", "status --help", "rollback --to x", "rollback --to", "rollback --to -1", "status now", "status --json=yes", "--root status",
    "install status", "why status --json", "rollback --progress loud", "search rollback", "status --detailed", "--version",
)  # fmt: skip


@pytest.mark.parametrize("line", PLAIN)
def test_plain_lines_are_read_as_argparse_reads_them(line: str) -> None:
    simple = parse_fast(line.split())
    assert simple is not None
    command, options, rest = simple
    given = parse_globals(line.split())
    parser = CommandParser(prog="nipsys")
    import_module(f"nipsys.cli.commands.{command.module}").arguments(parser)
    wanted = vars(parser.parse_args(given.rest, given))
    assert {name: value for name, value in wanted.items() if name not in ("command", "rest", "help")} == vars(options)
    assert (given.command, given.rest) == (command.name, list(rest))


@pytest.mark.parametrize("line", OTHER)
def test_all_else_is_left_to_argparse(line: str) -> None:
    assert parse_fast(line.split()) is None


@pytest.mark.parametrize("name", sorted(FAST_COMMANDS))
def test_a_quick_command_names_all_its_options(name: str) -> None:
    module = import_module(f"nipsys.cli.commands.{COMMANDS[name].module}")
    parser = CommandParser(prog="nipsys")
    shared = set(parser._option_string_actions)
    module.arguments(parser)
    assert set(parser._option_string_actions) - shared == set(module.QUICK)


@pytest.mark.parametrize("name", sorted(FAST_COMMANDS))
def test_a_quick_command_does_not_load_argparse(name: str) -> None:
    program = f"import sys; from nipsys.cli.main import main; main(['--root', '/nowhere', '{name}']); print('argparse' in sys.modules)"
    ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"
