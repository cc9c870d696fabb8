"""Print the environment variables for programs, manuals, icons and services of the current generation: `eval "$(nipsys env)"`."""

import argparse
import os
import shlex

from nipsys.cli.session import Session

EXAMPLE = "nipsys env --shell fish"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--shell", choices=("sh", "zsh", "fish", "systemd"), default="sh", help="output syntax; systemd is for environment.d [default: sh]"
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the variables."""
    from nipsys.app.run import build_variables, list_completions

    found = build_variables(session.open_context(), os.environ)
    form = {"fish": "set -gx {} {}", "systemd": "{}={}"}.get(options.shell, "export {}={}")
    lines = [form.format(key, shlex.quote(value)) for key, value in found.items()]
    places = " ".join(shlex.quote(path) for path in list_completions(session.open_context(), options.shell))
    lines += {"zsh": [f"typeset -U fpath; fpath=({places} $fpath)"]}.get(options.shell, [])
    lines += {"fish": [f"contains -- {places} $fish_complete_path; or set -gp fish_complete_path {places}"]}.get(options.shell, [])
    session.answer(found, "\n".join(lines))
    return 0
