"""List the kinds of sources and the synced snapshots, show settings, fetch source packages, or write an index."""

import argparse

from nipsys.cli.commands.subcommand import add_subcommand
from nipsys.cli.render import format_count, format_size, format_table
from nipsys.cli.session import Session

EXAMPLE = "nipsys sources show debian"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    add_subcommand(verbs, "list", "list the kinds of sources and the synced snapshots (the default)", "nipsys sources list")
    show = add_subcommand(verbs, "show", "show the settings of a kind of source", "nipsys sources show debian")
    show.add_argument("kind", help="kind of source, such as debian")
    fetch = add_subcommand(
        verbs, "fetch", "fetch and verify the source package of a Debian package", "nipsys sources fetch hello --into work"
    )
    fetch.add_argument("package", help="a source package, or a package built from it")
    fetch.add_argument("--profile", help="use the sources of this profile [default: the one applied last]")
    fetch.add_argument("--source", help="Debian source to fetch from [default: the first]")
    fetch.add_argument("--version", help="version to fetch [default: the newest]")
    fetch.add_argument("--into", default=".", metavar="DIR", help="directory for the files [default: the current directory]")
    index = add_subcommand(
        verbs,
        "index",
        "write the name index that a `nix` source needs",
        "nipsys sources index nix store-paths.xz --cache https://cache.nixos.org -o names",
    )
    index.add_argument("kind", help="kind of the source")
    index.add_argument("input", help="output of `nix-env -qaP --json --out-path`, a channel's `store-paths.xz`, or an expression (`.nix`)")
    index.add_argument("--cache", required=True, metavar="URL", help="binary cache that serves the packages")
    index.add_argument("-o", "--output", required=True, metavar="FILE", help="index file to write")


def run(options: argparse.Namespace, session: Session) -> int:
    """Run the subcommand; list the sources without one."""
    verbs = {"show": _show, "index": _index, "fetch": _fetch}
    verbs.get(options.verb or "", _list)(options, session)
    return 0


def _list(_: argparse.Namespace, session: Session) -> None:
    from nipsys.app.sync import list_kinds, list_synced

    known, states = list_kinds(), list_synced(session.open_context())
    rows = [[kind.kind, kind.help, f"missing on this host: {', '.join(kind.missing)}" if kind.missing else ""] for kind in known]
    text = format_table(rows)
    if states:
        shown = [
            [row.name, "", "-", format_size(row.size), "damaged or written by another version; run `nipsys sync`"]
            if row.stale
            else [row.name, row.date, format_count(row.packages, "package"), format_size(row.size), row.digest[:19]]
            for row in states
        ]
        text += "\n\nsynced sources:\n" + format_table(shown)
    session.answer({"kinds": [kind._asdict() for kind in known], "synced": [row._asdict() for row in states]}, text)


def _show(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.sync import list_kinds
    from nipsys.model import reject

    found = [kind for kind in list_kinds() if kind.kind == options.kind]
    if not found:
        raise reject("request", "unknown-source-kind", f"unknown kind of source `{options.kind}`", hint="run `nipsys sources` to list them")
    (kind,) = found
    made = f"artifacts are of the format {' or '.join(kind.formats)}" if kind.formats else "packages are built from recipes"
    text = f"{kind.kind}: {kind.help}\nversions are ordered as by {kind.version_order}; {made}\n"
    text += format_table([[f"  {key}", meaning] for key, meaning in kind.settings.items()])
    session.answer(kind._asdict(), text)


def _fetch(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.lock import applied_profile_path, load_profile
    from nipsys.app.source_builds import fetch_source, find_packaged_source
    from nipsys.app.sync import open_sources

    context = session.open_context()
    sources = open_sources(context, load_profile(applied_profile_path(context, options.profile)))
    paths = fetch_source(context, find_packaged_source(sources, options.source), options.package, options.version, options.into)
    session.answer(list(paths), "\n".join(paths))


def _index(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.sync import index_names

    names = index_names(session.open_context(), options.kind, options.input, options.cache, options.output)
    session.answer({"index": options.output, "names": names}, f"{options.output}: {format_count(names, 'name')}")
