"""Read the indexes of a profile's sources anew."""

import argparse

from nipsys.cli.render.text import table
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("profile", nargs="?", help="the profile whose sources to sync (the one applied last)")
    parser.add_argument("--host", help="the host whose blocks hold (this machine)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Sync."""
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
    text = table([[str(row["source"]), str(row["date"]), "new" if row["changed"] else "unchanged", str(row["digest"])] for row in rows])
    session.answer(rows, text)
    return 0
