"""The command line parsed by argparse: options, help texts, and mistakes as problems."""

import argparse
import re
from functools import partial

from nipsys import __version__
from nipsys.cli.commands.table import AREAS

TYPE_CHECKING = False  # `typing` takes longer to import than all modules of `status` together
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType
    from typing import Any, NoReturn

_USAGE = "nipsys [--root DIR] [--json] [--offline] COMMAND ..."
SHARED_OPTIONS: "Mapping[str, Mapping[str, Any]]" = {
    "--root": {"metavar": "DIR", "help": "root directory [default: $NIPSYS_ROOT or ~/.local/share/nipsys]"},
    "--json": {"action": "store_true", "help": "print the result as JSON"},
    "--offline": {"action": "store_true", "help": "do not use the network"},
    "--progress": {
        "choices": ("auto", "bars", "plain", "json", "none"),
        "metavar": "STYLE",
        "help": "progress on stderr: auto, bars, plain, json or none [default: auto]",
    },
}
"""The options that every command accepts, before and after its name; only the help of nipsys itself shows them."""
_FIXED_WIDTH = partial(argparse.HelpFormatter, width=80)
"""For what is not shown: argparse formats every argument once to check it, and looks up the terminal's width with all of ``shutil``."""
_STYLE = (
    (r"^unrecognized arguments: (.*)", r"unknown argument `\1`"),
    (r"^the following arguments are required: (.*)", r"missing argument `\1`"),
    (r"^argument ([^:]+): ", r"`\1`: "),
    (r"invalid int value: '(.*)'", r"`\1` is not a number"),
    (r"not allowed with argument (.*)", r"not allowed with `\1`"),
    (r"'([^'`]*)'", r"`\1`"),
)
"""What argparse says, and how a problem says it."""


def parse_globals(words: "Sequence[str]") -> argparse.Namespace:
    """Parse the shared options before the command; the command and the words after it are in ``command`` and ``rest``."""
    parser = CommandParser(prog="nipsys", usage=_USAGE, add_help=False)
    parser.set_defaults(root=None, json=False, offline=False, progress="auto")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="version", version=f"nipsys {__version__}")
    parser.add_argument("command", nargs="?")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser.parse_args(words)


def make_command_parser(name: str, module: "ModuleType") -> "CommandParser":
    """Return the parser of the command ``name``, which ``module`` implements.

    A module with ``WORDS`` takes words such as ``-X`` and ``>=9``, which are package requests. Its help has no ``-h``, which would swallow
    the flag ``-hardened``.
    """
    takes_words = hasattr(module, "WORDS")
    parser = CommandParser(
        prog=f"nipsys {name}",
        usage=f"nipsys {name} {module.WORDS} [options]" if takes_words else None,
        description=module.__doc__,
        epilog=f"example: {module.EXAMPLE}",
        add_help=not takes_words,
    )
    module.arguments(parser)
    if takes_words:
        parser.add_argument("--help", action="help", help="show this help message and exit")
    return parser


def parse_command(module: "ModuleType", given: argparse.Namespace) -> argparse.Namespace:
    """Parse ``given.rest`` as the arguments of ``module``, the module of ``given.command``, and add them to ``given``.

    Raise ``UsageError`` for a mistake. For a module with ``WORDS``, what is not an option is in ``words``, in order.
    """
    parser = make_command_parser(given.command, module)
    if not hasattr(module, "WORDS"):
        return parser.parse_args(given.rest, given)
    given, given.words = parser.parse_known_args(given.rest, given)
    if unknown := [word for word in given.words if word.startswith("--")]:
        from nipsys.cli.usage import reject_usage

        raise reject_usage("usage", f"unknown option `{unknown[0]}`", hint=f"usage: {parser.usage}")
    return given


def format_overview() -> str:
    """Return the help of nipsys itself: all commands, and the options that every command accepts."""
    lines = ["Declare a machine's software in one file and get exactly that on every machine."]
    for area, commands in AREAS:
        lines += ["", f"{area}:", *(f"  {command.name:<12} {command.help}" for command in commands)]
    parser = argparse.ArgumentParser(
        prog="nipsys",
        usage=_USAGE,
        description="\n".join(lines),
        epilog="Run `nipsys COMMAND --help` for details. Start with `nipsys init`.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", help="show the version and exit")
    shared = parser.add_argument_group("options of every command")
    for option, settings in SHARED_OPTIONS.items():
        shared.add_argument(option, **settings)
    return parser.format_help()


class CommandParser(argparse.ArgumentParser):
    """A parser of a command or subcommand that also accepts the shared options and raises mistakes as problems.

    (argparse would exit with code 2, which means that changes are pending.)
    """

    def __init__(self, **options: "Any") -> None:  # noqa: ANN401 - the signature of argparse
        """Accept the arguments of ``argparse.ArgumentParser``."""
        super().__init__(**options, allow_abbrev=False, formatter_class=_FIXED_WIDTH)
        for option, settings in SHARED_OPTIONS.items():
            self.add_argument(option, **{**settings, "default": argparse.SUPPRESS, "help": argparse.SUPPRESS})

    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self.formatter_class = argparse.HelpFormatter
        return super().format_help()

    def error(self, message: str) -> "NoReturn":
        """Raise ``UsageError`` with the usage."""
        from nipsys.cli.usage import reject_usage

        for pattern, replacement in _STYLE:
            message = re.sub(pattern, replacement, message)
        raise reject_usage("usage", message, hint=" ".join(self.format_usage().split()))
