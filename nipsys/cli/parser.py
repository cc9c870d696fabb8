"""The command line parsed by argparse: options, help texts, and errors as problems."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from nipsys import __version__


def parse_globals(words: Sequence[str]) -> argparse.Namespace:
    """Parse the shared options before the command; the command and the words after it are in ``command`` and ``rest``."""
    return _make_global_parser().parse_args(words)


class _Formatter(argparse.HelpFormatter):
    """The formatter of argparse, which would import shutil (and with it every compression module) for the terminal width."""

    def __init__(self, prog: str) -> None:
        try:
            width = int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns)
        except (OSError, ValueError):
            width = 80
        super().__init__(prog, width=width - 2)


class CommandParser(argparse.ArgumentParser):
    """A parser of a command or subcommand that also accepts the shared options and raises errors as problems.

    (argparse would exit with code 2, which means that changes are pending.)
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the signature of argparse
        """Accept the arguments of ``argparse.ArgumentParser``."""
        super().__init__(**{"formatter_class": _Formatter, **options})
        _add_shared_options(self, default=argparse.SUPPRESS)

    def error(self, message: str) -> NoReturn:
        """Raise ``Rejected`` with the usage."""
        from nipsys.model import reject

        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        raise reject("request", "usage", message, hint=usage)


def _make_global_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nipsys", add_help=False, allow_abbrev=False, formatter_class=_Formatter)
    _add_shared_options(parser, default=None)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="version", version=f"nipsys {__version__}")
    parser.add_argument("command", nargs="?")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _add_shared_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add the options that are accepted before and after the command name."""
    flag = False if default is None else default
    parser.add_argument("--root", metavar="DIR", default=default, help="root directory [default: $NIPSYS_ROOT or ~/.local/share/nipsys]")
    parser.add_argument("--json", action="store_true", default=flag, help="print the result as JSON")
    parser.add_argument("--offline", action="store_true", default=flag, help="do not use the network")
    parser.add_argument(
        "--progress",
        choices=("auto", "bars", "plain", "json", "none"),
        default="auto" if default is None else default,
        help="style of the progress output on stderr [default: auto]",
    )
