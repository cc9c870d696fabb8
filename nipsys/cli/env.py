"""The lines a shell needs to find the programs, manuals, icons and services of the current generation: `eval "$(nipsys env)"`."""

import argparse
import os
import shlex

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--shell", choices=("sh", "fish", "systemd"), default="sh", help="whose syntax (systemd: for environment.d)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Tell the variables."""
    from nipsys.app.env import variables

    found = variables(session.site(), os.environ)
    forms = {"sh": "export {}={}", "fish": "set -gx {} {}", "systemd": "{}={}"}
    session.answer(found, "\n".join(forms[options.shell].format(key, shlex.quote(value)) for key, value in found.items()))
    return 0
