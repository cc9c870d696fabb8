"""The entry point: parse the global options, import the requested command, run it, show its errors."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nipsys.cli.commands.table import AREAS, COMMANDS, import_command
from nipsys.cli.fast_arguments import parse_fast
from nipsys.cli.session import Session, find_default_root

if TYPE_CHECKING:
    from types import ModuleType

    from nipsys.model import Event, Rejected, Reporter


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0 done, 2 changes pending, 1 failed, 130 interrupted."""
    gc.set_threshold(50_000, 20, 20)  # the default collects after every 700 objects; imports make thousands that stay alive
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the current generation is intact (see `nipsys status`)\n")
        return 130
    except Exception as error:
        from nipsys.cli.render import show_problems
        from nipsys.model import Rejected, reject

        if isinstance(error, OSError) and error.filename is not None:  # a failure of the host is reported; a bug shows its traceback
            error = reject("host", "host-refused", f"`{error.filename}`: {(error.strerror or str(error)).lower()}")
        if not isinstance(error, Rejected):
            raise
        show_problems(error, as_json="--json" in words)
        return 1


def _run(words: Sequence[str]) -> int:
    if simple := parse_fast(words):
        command, options, rest = simple
        return _run_command(command.name, import_command(command.module), options, rest)
    from nipsys.cli.parser import CommandParser, parse_globals

    given = parse_globals(words)
    if given.command is None or given.help:
        sys.stdout.write(_format_overview())
        return 0
    known = COMMANDS.get(given.command)
    if known is None:
        raise _reject_command(given.command)
    module = import_command(known.module)
    parser = CommandParser(prog=f"nipsys {known.name}", description=module.__doc__, allow_abbrev=False)
    module.arguments(parser)
    chosen, others = parser.parse_known_args(given.rest, given)
    if hasattr(module, "WORDS"):  # words such as `-X` and `>=9` are package requests here, not options
        chosen.words = others
    elif others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    return _run_command(known.name, module, chosen, given.rest)


def _run_command(name: str, module: "ModuleType", chosen: Any, rest: Sequence[str]) -> int:  # noqa: ANN401 - each command has its own options
    session = Session(
        root=os.path.abspath(chosen.root) if chosen.root else find_default_root(os.environ),
        report=_make_lazy_listener(chosen.progress),
        json=chosen.json,
        offline=chosen.offline,
        command=" ".join(["nipsys", name, *rest]),
    )
    code: int = module.run(chosen, session)
    return code


def _reject_command(name: str) -> "Rejected":
    import difflib

    from nipsys.model import reject

    near = difflib.get_close_matches(name, COMMANDS, 3)
    hint = "did you mean " + " or ".join(f"`nipsys {name}`" for name in near) + "?" if near else "`nipsys --help` lists the commands"
    return reject("request", "unknown-command", f"unknown command `{name}`", hint=hint)


def _make_lazy_listener(progress: str) -> "Reporter":
    """Return a listener that is imported with the first event."""
    heard: list[Reporter] = []

    def tell(event: "Event") -> None:
        if not heard:
            from nipsys.cli.render import make_listener

            heard.append(make_listener(progress, sys.stderr))
        heard[0](event)

    return tell


def _format_overview() -> str:
    lines = ["nipsys: declare a machine's software in one file and get exactly that on every machine", ""]
    lines += ["usage: nipsys [--root DIR] [--json] [--offline] COMMAND ...", ""]
    for area, commands in AREAS:
        lines.append(f"{area}:")
        lines += [f"  {command.name:<12} {command.help}" for command in commands]
    return "\n".join([*lines, "", "Run `nipsys COMMAND --help` for details. Start with `nipsys init`.", ""])
