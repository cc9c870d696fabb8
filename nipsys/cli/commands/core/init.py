"""Create a new profile, ready to be edited and applied."""

import argparse
import os

from nipsys.cli.session import Session
from nipsys.model import reject

EXAMPLE = "nipsys init laptop.kdl"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "profile", nargs="?", default="profile.kdl", help="file to create; the extension chooses KDL or TOML [default: profile.kdl]"
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Create the file; an existing file is never overwritten."""
    from nipsys.profile import make_template

    path: str = options.profile
    if os.path.lexists(path):
        raise reject(
            "request", "profile-exists", f"`{path}` already exists", hint="choose another file name, such as `nipsys init other.kdl`"
        )
    name = os.path.splitext(os.path.basename(path))[0]
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(make_template(name, format="toml" if path.endswith(".toml") else "kdl"))
    except OSError as error:
        raise reject("host", "not-writable", f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error
    session.answer({"profile": path}, f"created {path}; edit it, then run `nipsys apply {path}`")
    return 0
