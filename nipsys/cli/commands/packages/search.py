"""Search for packages in the synced sources; all words must match, matching names are listed before matching summaries."""

import argparse

from nipsys.cli.render.comparison import compared
from nipsys.cli.render.text import count, table
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("word", nargs="+", help="part of a name or summary")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="maximum number of results [default: 50]")
    parser.add_argument("--profile", metavar="FILE", help="search the sources of this profile [default: the only one in this directory]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the matching packages; return 1 when there are none."""
    from nipsys.app.query.graph import synced
    from nipsys.app.query.search import search

    _, worlds = synced(session.site(), options.profile)
    hits, total = search(worlds, options.word, options.limit)
    several = len({hit.source for hit in hits}) > 1
    now = session.site().clock.now()
    rows = [[f"{hit.source}/{hit.name}", hit.version, *(compared(hit.side, now) if several else ()), hit.summary[:80]] for hit in hits]
    text = table(rows) or "no packages found"
    if total > len(hits):
        text += f"\nand {count(total - len(hits), 'more package')}; use `--limit {total}` to show all"
    session.answer([{**hit._asdict(), "side": hit.side._asdict()} for hit in hits], text)
    return 0 if hits else 1
