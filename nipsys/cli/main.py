"""The entry point: parse the global options, import the requested command, run it, show its errors."""

import gc
import os
import sys
from importlib import import_module

from nipsys.api import Root
from nipsys.cli.commands.table import COMMANDS
from nipsys.cli.parser import format_overview, parse_command, parse_globals
from nipsys.cli.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from nipsys.model import Event, Rejected, Reporter


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command; return the exit code: 0 done, 1 failed, 2 changes pending, 3 not a valid command line, 130 interrupted."""
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
        exit_code = _show_failure(error, as_json="--json" in words)
        if exit_code is None:  # a bug shows its traceback
            raise
        return exit_code


def _run(words: "Sequence[str]") -> int:
    given = parse_globals(words)
    if given.command is None or given.help:
        sys.stdout.write(format_overview())
        return 0
    if given.command not in COMMANDS:
        raise _reject_command(given.command)
    module = import_module(f"nipsys.cli.commands.{COMMANDS[given.command].module}")
    chosen = parse_command(module, given)
    command = " ".join(["nipsys", chosen.command, *chosen.rest])
    root = Root(chosen.root, report=_make_lazy_listener(chosen.progress), offline=chosen.offline, command=command)
    code: int = module.run(chosen, Session(root, json=chosen.json))
    return code


def _show_failure(error: Exception, *, as_json: bool) -> int | None:
    """Show the problems of a command that failed, and return its exit code; ``None`` when ``error`` is a bug."""
    from nipsys.cli.render import show_problems
    from nipsys.cli.usage import UsageError
    from nipsys.model import Rejected, reject

    if isinstance(error, OSError) and error.filename is not None:  # a failure of the host
        error = reject("host", "host-refused", f"`{error.filename}`: {(error.strerror or str(error)).lower()}")
    if not isinstance(error, Rejected):
        return None
    show_problems(error, as_json=as_json)
    return 3 if isinstance(error, UsageError) else 1


def _reject_command(name: str) -> "Rejected":
    from nipsys.cli.usage import reject_usage
    from nipsys.model import join_names, suggest_names

    near = [f"nipsys {known}" for known in suggest_names(name, COMMANDS)]
    hint = f"did you mean {join_names(near, 'or')}?" if near else "`nipsys --help` lists the commands"
    return reject_usage("unknown-command", f"unknown command `{name}`", hint=hint)


def _make_lazy_listener(progress: str) -> "Reporter":
    """Return a listener that is imported with the first event."""
    heard: list[Reporter] = []

    def tell(event: "Event") -> None:
        if not heard:
            from nipsys.cli.render import make_listener

            heard.append(make_listener(progress, sys.stderr))
        heard[0](event)

    return tell
