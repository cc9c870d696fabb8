"""The entry point: read the global options, import the one command asked for, run it, show what was wrong."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from nipsys import __version__
from nipsys.cli.session import Session, default_root
from nipsys.cli.table import AREAS, COMMANDS
from nipsys.model.typed import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from nipsys.model.event import Event, Report


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
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the current generation is untouched\n")
        return 130
    except Exception as error:
        from nipsys.cli.render.problems import show
        from nipsys.model.problem import Rejected, reject

        if isinstance(error, OSError) and error.filename is not None:  # what the host refuses is told, what we got wrong is traced
            error = reject("host", "host-refused", f"`{error.filename}`: {(error.strerror or str(error)).lower()}")
        if not isinstance(error, Rejected):
            raise
        show(error, as_json=_wants_json(options))
        return 1


def _run(options: argparse.Namespace) -> int:
    command = COMMANDS.get(options.command)
    if command is None:
        import difflib

        from nipsys.model.problem import reject

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
        command=" ".join(["nipsys", command.name, *options.rest]),
    )
    code: int = module.run(chosen, session)
    return code


class _Formatter(argparse.HelpFormatter):
    """argparse's own, which would load shutil (and every compression it knows) to ask how wide the terminal is."""

    def __init__(self, prog: str) -> None:
        try:
            width = int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns)
        except (OSError, ValueError):
            width = 80
        super().__init__(prog, width=width - 2)


class CommandParser(argparse.ArgumentParser):
    """A parser, of a command or of one of its verbs, that takes the shared options too and tells mistakes as problems.

    (argparse would leave with exit code 2, which means that changes are pending.)
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - argparse's own signature
        """Take what argparse takes."""
        super().__init__(**{"formatter_class": _Formatter, **options})
        _shared(self, default=argparse.SUPPRESS)

    def error(self, message: str) -> NoReturn:
        """Raise ``Rejected`` with the usage."""
        from nipsys.model.problem import reject

        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        raise reject("request", "usage", message, hint=usage)


def _globals() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nipsys", add_help=False, allow_abbrev=False, formatter_class=_Formatter)
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


def _listener(options: argparse.Namespace) -> "Report":
    """Give a listener that is loaded when there is something to hear."""
    heard: list[Report] = []

    def tell(event: "Event") -> None:
        if not heard:
            from nipsys.cli.render.progress import listener

            heard.append(listener(options.progress, sys.stderr))
        heard[0](event)

    return tell


def _overview() -> str:
    lines = ["nipsys: declare a machine's software in one file; get it, exactly, on every machine", ""]
    lines += ["usage: nipsys [--root DIR] [--json] [--offline] COMMAND ...", ""]
    for area, commands in AREAS:
        lines.append(f"{area}:")
        lines += [f"  {command.name:<12} {command.help}" for command in commands]
    return "\n".join([*lines, "", "`nipsys COMMAND --help` tells more; start with `nipsys init`", ""])
