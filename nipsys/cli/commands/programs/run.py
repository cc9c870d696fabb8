"""Run a program of the current generation, or of a package fetched only for this run."""

import argparse
import os

from nipsys.cli.session import Session

EXAMPLE = "nipsys run --package ripgrep rg TODO"
EXIT_CODES = {"any": "the program was started: its own exit code"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--contain", action="store_true", help="run without access to the home directory and the network")
    parser.add_argument("--package", action="append", metavar="PKG", help="run with this package (can be repeated)")
    parser.add_argument(
        "--profile",
        default=os.environ.get("NIPSYS_PROFILE"),
        help="use the sources of this profile [default: $NIPSYS_PROFILE, else the host's own distribution]",
    )
    parser.add_argument("program", help="name of the program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments of the program")


def run(options: argparse.Namespace, session: Session) -> int:
    """Replace this process with the program, so its exit code is that of the command."""
    from nipsys.app.run import find_program, provide_packages, start_provided
    from nipsys.effects import replace_process

    context = session.open_context()
    words = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    start = None
    if not options.package:
        start = find_program(context, options.program, words, os.environ, contained=options.contain)
    if start is None:
        provided = provide_packages(context, options.package or [options.program], options.profile)
        start = start_provided(context, provided, options.program, words, os.environ, contained=options.contain)
    replace_process(*start)
