"""Pack a generation, or its difference to another one, into one file; equal generations give equal files."""

import argparse

from nipsys.cli.render import format_count, format_size
from nipsys.cli.session import Session

EXAMPLE = "nipsys pack laptop.nipsys.tar.zst --since 6"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", help="file to write, such as workstation.nipsys.tar.zst")
    parser.add_argument("--generation", type=int, metavar="N", help="generation to pack [default: the current one]")
    parser.add_argument("--since", type=int, metavar="N", help="leave out what generation N has, which the receiver already has")
    parser.add_argument(
        "--tree", action="append", default=[], metavar="DIRECTORY", help="pack only this tree of the store (can be repeated)"
    )
    parser.add_argument("--sign", metavar="KEY", help="sign with this Ed25519 private key (PEM)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Write the packed file; return 0."""
    from nipsys.app.generations import pack_generation

    made = pack_generation(
        session.open_context(), options.file, number=options.generation, base=options.since, trees=tuple(options.tree), key=options.sign
    )
    value = {
        "file": made.path,
        "size": made.size,
        "generation": made.number,
        "digest": made.header.generation,
        "trees": len(made.header.trees),
    }
    what = f"generation {made.number} ({made.header.generation}), " if made.number else ""
    session.answer(value, f"{made.path}: {what}{format_count(len(made.header.trees), 'tree')}, {format_size(made.size)}")
    return 0
