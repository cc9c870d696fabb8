"""Refresh the indexes of the sources of a profile."""

import argparse

from nipsys.cli.render.text import table
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", nargs="?", help="profile whose sources are refreshed [default: the one applied last]")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Refresh the indexes and print the snapshots."""
    from nipsys.app.lock.edit import profile_of
    from nipsys.app.lock.load_profile import declared
    from nipsys.app.sync.crawl import reached
    from nipsys.app.sync.worlds import opened, refreshed

    site = session.site()
    profile = declared(profile_of(site, options.profile), options.host)
    sources = opened(site, profile)
    reached(site, profile, sources)
    states = refreshed(site, sources)
    rows = [
        {"source": state.source.spec.name, "date": state.snapshot.date, "digest": state.snapshot.digest, "changed": state.changed}
        for state in states
    ]
    text = table([[str(row["source"]), str(row["date"]), "updated" if row["changed"] else "unchanged", str(row["digest"])] for row in rows])
    session.answer(rows, text)
    return 0
