"""The entry point: read the global options, import the one command asked for, run it, show what was wrong."""

import argparse
import difflib
import gc
import os
import shlex
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from nipsys import __version__
from nipsys.cli.session import Session, default_root
from nipsys.cli.table import AREAS, COMMANDS
from nipsys.model.event import Report
from nipsys.model.problem import Rejected, reject


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code: 0 done, 2 changes pending, 1 failed, 130 interrupted."""
    gc.set_threshold(50_000, 20, 20)  # by default it looks for rubbish after every 700 objects; imports make thousands that live
    words = list(sys.argv[1:] if argv is None else argv)
    options = _globals().parse_args(words)
    if options.command is None or options.help:
        sys.stdout.write(_overview())
        return 0
    try:
        return _run(options)
    except Rejected as rejected:
        from nipsys.cli.render.problems import show

        show(rejected, as_json=_wants_json(options))
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the current generation is untouched\n")
        return 130


def _run(options: argparse.Namespace) -> int:
    command = COMMANDS.get(options.command)
    if command is None:
        near = difflib.get_close_matches(options.command, COMMANDS, 3)
        hint = "did you mean " + " or ".join(f"`nipsys {name}`" for name in near) + "?" if near else "`nipsys --help` lists the commands"
        raise reject("request", "unknown-command", f"there is no command `{options.command}`", hint=hint)
    module = import_module(f"nipsys.cli.{command.module}")
    parser = CommandParser(prog=f"nipsys {command.name}", description=module.__doc__, allow_abbrev=False)
    module.arguments(parser)
    chosen, words = parser.parse_known_args(options.rest, options)
    if hasattr(module, "WORDS"):  # words such as `-X` and `>=9` are the user's language here, not options
        chosen.words = words
    elif words:
        parser.error(f"unrecognized arguments: {' '.join(words)}")
    session = Session(
        root=os.path.abspath(chosen.root) if chosen.root else default_root(os.environ),
        report=_listener(chosen),
        json=chosen.json,
        offline=chosen.offline,
        command=shlex.join(["nipsys", command.name, *options.rest]),
    )
    code: int = module.run(chosen, session)
    return code


class CommandParser(argparse.ArgumentParser):
    """A parser, of a command or of one of its verbs, that takes the shared options too and tells mistakes as problems.

    (argparse would leave with exit code 2, which means that changes are pending.)
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - argparse's own signature
        """Take what argparse takes."""
        super().__init__(**options)
        _shared(self, default=argparse.SUPPRESS)

    def error(self, message: str) -> NoReturn:
        """Raise ``Rejected`` with the usage."""
        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        raise reject("request", "usage", message, hint=usage)


def _globals() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nipsys", add_help=False, allow_abbrev=False)
    _shared(parser, default=None)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="version", version=f"nipsys {__version__}")
    parser.add_argument("command", nargs="?")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _shared(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add the options that may stand before or after the command's name."""
    flag = False if default is None else default
    parser.add_argument("--root", metavar="DIR", default=default, help="the root to work in (NIPSYS_ROOT, else ~/.local/share/nipsys)")
    parser.add_argument("--json", action="store_true", default=flag, help="answer with one JSON value")
    parser.add_argument("--offline", action="store_true", default=flag, help="use no network")
    parser.add_argument(
        "--progress",
        choices=("auto", "bars", "plain", "json", "none"),
        default="auto" if default is None else default,
        help="how progress shows on stderr",
    )


def _wants_json(options: argparse.Namespace) -> bool:
    return bool(options.json) or "--json" in options.rest


def _listener(options: argparse.Namespace) -> Report:
    from nipsys.cli.render.progress import listener

    return listener(options.progress, sys.stderr)


def _overview() -> str:
    lines = ["nipsys: declare a machine's software in one file; get it, exactly, on every machine", ""]
    lines += ["usage: nipsys [--root DIR] [--json] [--offline] COMMAND ...", ""]
    for area, commands in AREAS:
        lines.append(f"{area}:")
        lines += [f"  {command.name:<12} {command.help}" for command in commands]
    return "\n".join([*lines, "", "`nipsys COMMAND --help` tells more; start with `nipsys init`", ""])
