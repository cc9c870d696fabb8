"""Write a generation, or what it has more than another, into one file; equal generations give equal bytes."""

import argparse

from nipsys.cli.render.text import count, size
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", help="the file to write, such as workstation.nipsys.tar.zst")
    parser.add_argument("--generation", type=int, metavar="N", help="the generation (the current one)")
    parser.add_argument("--since", type=int, metavar="N", help="only what this generation lacks: the receiver has it")
    parser.add_argument("--tree", action="append", default=[], metavar="DIRECTORY", help="only this tree of the store; may be repeated")
    parser.add_argument("--sign", metavar="KEY", help="an Ed25519 private key in PEM")


def run(options: argparse.Namespace, session: Session) -> int:
    """Pack; 0."""
    from nipsys.app.generations.pack import packed

    made = packed(session.site(), options.file, number=options.generation, base=options.since, trees=tuple(options.tree), key=options.sign)
    value = {
        "file": made.path,
        "size": made.size,
        "generation": made.number,
        "digest": made.header.generation,
        "trees": len(made.header.trees),
    }
    what = f"generation {made.number} ({made.header.generation}), " if made.number else ""
    session.answer(value, f"{made.path}: {what}{count(len(made.header.trees), 'tree')}, {size(made.size)}")
    return 0
