"""The kinds of sources with their settings, and the sources synced in this root with the state each stands at."""

import argparse

from nipsys.cli.render.text import count, size, table
from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("list", help="kinds and states (what no verb does)")
    show = verbs.add_parser("show", help="the settings of one kind")
    show.add_argument("kind")
    fetch = verbs.add_parser("fetch", help="fetch the source package behind a Debian package, every file checked")
    fetch.add_argument("package", help="a source package, or one built from it")
    fetch.add_argument("--profile", help="the profile whose sources to ask (the one applied last)")
    fetch.add_argument("--source", help="which Debian source (the first)")
    fetch.add_argument("--version", help="which version (the newest)")
    fetch.add_argument("--into", default=".", metavar="DIR", help="where to put the files (here)")
    index = verbs.add_parser("index", help="write the name index that a `nix` source needs")
    index.add_argument("kind", choices=("nix",))
    index.add_argument("input", help="output of `nix-env -qaP --json --out-path`, a channel's `store-paths.xz`, or an expression (`.nix`)")
    index.add_argument("--cache", required=True, metavar="URL", help="the binary cache that has them")
    index.add_argument("-o", "--output", required=True, metavar="FILE", help="where to write the index")


def run(options: argparse.Namespace, session: Session) -> int:
    """Do the verb; list without one."""
    verbs = {"show": _show, "index": _index, "fetch": _fetch}
    verbs.get(options.verb or "", _list)(options, session)
    return 0


def _list(_: argparse.Namespace, session: Session) -> None:
    from nipsys.app.sync.source_status import kinds, synced

    known, states = kinds(), synced(session.site())
    rows = [[kind.kind, kind.help, f"missing here: {', '.join(kind.missing)}" if kind.missing else ""] for kind in known]
    text = table(rows)
    if states:
        shown = [
            [row.name, "", "-", size(row.size), "damaged or of another version: `nipsys sync` makes it anew"]
            if row.stale
            else [row.name, row.date, count(row.packages, "package"), size(row.size), row.digest[:19]]
            for row in states
        ]
        text += "\n\nsynced here:\n" + table(shown)
    session.answer({"kinds": [kind._asdict() for kind in known], "synced": [row._asdict() for row in states]}, text)


def _show(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.sync.source_status import kinds
    from nipsys.model.problem import reject

    found = [kind for kind in kinds() if kind.kind == options.kind]
    if not found:
        raise reject("request", "unknown-source-kind", f"no source is of the kind `{options.kind}`", hint="`nipsys sources` lists them")
    text = f"{found[0].kind}: {found[0].help}\n" + table([[f"  {key}", told] for key, told in found[0].settings.items()])
    session.answer(found[0]._asdict(), text)


def _fetch(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.lock.edit import profile_of
    from nipsys.app.lock.load_profile import declared
    from nipsys.app.source_builds.debian_sources import fetch_source, the_debian
    from nipsys.app.sync.worlds import opened

    site = session.site()
    sources = opened(site, declared(profile_of(site, options.profile)))
    paths = fetch_source(site, the_debian(sources, options.source), options.package, options.version, options.into)
    session.answer(list(paths), "\n".join(paths))


def _index(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.sync.source_status import index_nix

    names = index_nix(session.site(), options.input, options.cache, options.output)
    session.answer({"index": options.output, "names": names}, f"{options.output}: {count(names, 'name')}")
