"""Refresh the indexes of the sources of a profile."""

import argparse

from nipsys.cli.render import format_table
from nipsys.cli.session import Session

EXAMPLE = "nipsys sync laptop.kdl"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", nargs="?", help="profile whose sources are refreshed [default: the one applied last]")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Refresh the indexes and print the snapshots."""
    from nipsys.app.lock import applied_profile_path, load_profile
    from nipsys.app.sync import crawl_sources, open_sources, refresh_indexes

    context = session.open_context()
    profile = load_profile(applied_profile_path(context, options.profile), options.host)
    sources = open_sources(context, profile)
    crawl_sources(context, profile, sources)
    states = refresh_indexes(context, sources)
    rows = [
        {"source": state.source.spec.name, "date": state.snapshot.date, "digest": state.snapshot.digest, "changed": state.changed}
        for state in states
    ]
    text = format_table(
        [[str(row["source"]), str(row["date"]), "updated" if row["changed"] else "unchanged", str(row["digest"])] for row in rows]
    )
    session.answer(rows, text)
    return 0
