"""Unpack a packed file without network; its generation becomes current, with the same digest as on the sending machine."""

import argparse

from nipsys.cli.render import format_count
from nipsys.cli.session import Session

EXAMPLE = "nipsys unpack laptop.nipsys.tar.zst --trusted key.pem"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", help="packed file")
    parser.add_argument(
        "--trusted",
        action="append",
        default=[],
        metavar="KEY",
        help="require a signature by this Ed25519 public key (PEM; can be repeated)",
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Unpack the file; return 0."""
    from nipsys.app.generations import unpack_generation

    done = unpack_generation(session.open_context(), options.file, trusted=tuple(options.trusted))
    number = done.summary.number if done.summary else None
    value = {"generation": number, "digest": done.unpacked.header.generation, "trees": list(done.unpacked.added)}
    text = f"{format_count(len(done.unpacked.added), 'new tree')} of {len(done.unpacked.header.trees)}"
    session.answer(value, text + (f"\ngeneration {number} is current ({done.unpacked.header.generation})" if number else ""))
    return 0
