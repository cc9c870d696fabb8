"""Commands with subcommands, each with a help of its own."""

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Subcommands = argparse._SubParsersAction[Any]  # what `add_subparsers` returns has no public name


def add_subcommand(verbs: "Subcommands", name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """Add a subcommand and return its parser; its help is the ``summary``, its arguments and the ``example``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", epilog=f"example: {example}"
    )
    return parser
