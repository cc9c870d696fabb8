"""Take in a packed file without network; the generation in it becomes current, with the digest it had where it was packed."""

import argparse

from nipsys.cli.render.text import count
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", help="the packed file")
    parser.add_argument(
        "--trusted", action="append", default=[], metavar="KEY", help="refuse what this Ed25519 public key (PEM) has not signed"
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Unpack; 0."""
    from nipsys.app.generations.unpack import arrived

    done = arrived(session.site(), options.file, trusted=tuple(options.trusted))
    number = done.summary.number if done.summary else None
    value = {"generation": number, "digest": done.unpacked.header.generation, "trees": list(done.unpacked.fresh)}
    text = f"{count(len(done.unpacked.fresh), 'new tree')} of {len(done.unpacked.header.trees)}"
    session.answer(value, text + (f"\ngeneration {number} is current ({done.unpacked.header.generation})" if number else ""))
    return 0
