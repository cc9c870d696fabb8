"""Search for packages in the synced sources; all words must match, matching names are listed before matching summaries."""

import argparse

from nipsys import api
from nipsys.cli.render import format_count, format_side, format_table
from nipsys.cli.session import Session

EXAMPLE = "nipsys search text editor --limit 10"
EXIT_CODES = {1: "nothing was found"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("word", nargs="+", help="part of a name or summary")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="maximum number of results [default: 50]")
    parser.add_argument("--profile", metavar="FILE", help="search the sources of this profile [default: the only one in this directory]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the matching packages; return 1 when there are none."""
    hits, total = api.search(session.root, options.word, profile=options.profile, limit=options.limit)
    several = len({hit.source for hit in hits}) > 1
    now = session.open_context().clock.now()
    rows = [[f"{hit.source}/{hit.name}", hit.version, *(format_side(hit.side, now) if several else ()), hit.summary[:80]] for hit in hits]
    text = format_table(rows) or "no packages found"
    if total > len(hits):
        text += f"\nand {format_count(total - len(hits), 'more package')}; use `--limit {total}` to show all"
    session.answer([{**hit._asdict(), "side": hit.side._asdict()} for hit in hits], text)
    return 0 if hits else 1
