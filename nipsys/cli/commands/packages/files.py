"""List the files of a package in the current generation."""

import argparse

from nipsys.cli.session import Session

EXAMPLE = "nipsys files git"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="NAME or SOURCE/NAME")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the files of the package."""
    from nipsys.app.query import list_files

    row, paths = list_files(session.open_context(), options.package)
    session.answer({"id": row.id, "version": row.version, "directory": row.directory, "files": paths}, "\n".join(paths))
    return 0
