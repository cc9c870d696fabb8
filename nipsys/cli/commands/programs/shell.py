"""Start a shell, or run one command, with additional packages, without a new generation."""

import argparse
import os

from nipsys.cli.session import Session

EXAMPLE = "nipsys shell git vim"
EXIT_CODES = {"any": "the shell was started: its own exit code"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("packages", nargs="+", metavar="PKG", help="NAME, SOURCE/NAME or NAME=VERSION")
    parser.add_argument(
        "--profile",
        default=os.environ.get("NIPSYS_PROFILE"),
        help="use the sources of this profile [default: $NIPSYS_PROFILE, else the host's own distribution]",
    )
    parser.add_argument("--contain", action="store_true", help="start the world's own shell, without home directory and network")
    parser.add_argument("-c", "--command", metavar="TEXT", help="run this command in the shell and exit")


def run(options: argparse.Namespace, session: Session) -> int:
    """Replace this process with the shell, so its exit code is that of the command."""
    from nipsys.app.run import build_shell_env, provide_packages, start_in_view
    from nipsys.effects import replace_process

    context = session.open_context()
    provided = provide_packages(context, options.packages, options.profile)
    words = ("-c", options.command) if options.command else ()
    env = build_shell_env(provided, os.environ)
    if options.contain:
        replace_process(*start_in_view(context, provided.plans[0].view, "/bin/sh", ("sh", *words), env, contained=True))
    shell = os.environ.get("SHELL") or "/bin/sh"
    replace_process(shell, (os.path.basename(shell), *words), env)
