"""Everything the synced sources know of one package."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.render.comparison import compared
from nipsys.cli.render.text import size, table
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app.query.search import Known


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="a name")
    parser.add_argument("--all", action="store_true", help="every version, not only the newest of each source")
    parser.add_argument("--profile", metavar="FILE", help="the profile whose sources are asked (the only one here)")


def run(options: argparse.Namespace, session: Session) -> int:
    """Tell."""
    from nipsys.app.query.graph import synced
    from nipsys.app.query.search import known

    profile, worlds = synced(session.site(), options.profile)
    rows = known(worlds, profile, options.package)
    if not options.all:
        rows = tuple({row.source: row for row in reversed(rows)}.values())[::-1]
    value = [
        {"source": row.source, "kind": row.kind, "suites": list(row.suites), **row.record._asdict(), "side": row.side._asdict()}
        for row in rows
    ]
    texts = list(map(_text, rows))
    if len({row.source for row in rows}) > 1:
        now = session.site().clock.now()
        heads = ("", "version", "age", "size", "libc")
        texts.insert(0, table([[f"{row.source}/{row.record.name}", row.record.version, *compared(row.side, now)] for row in rows], heads))
    session.answer(value, "\n\n".join(texts))
    return 0


def _text(row: "Known") -> str:
    record = row.record
    facts = dict(record.facts)
    lines = [
        ("package", f"{row.source}/{record.name} {record.version}"),
        ("summary", record.summary),
        ("suites", " ".join(row.suites)),
        ("machine", record.arch),
        ("download", size(record.size) if record.size else ""),
        ("digest", record.digest),
        ("variants", " ".join(record.flags)),
        ("needs", ", ".join(record.needs)),
        ("recommends", ", ".join(record.wishes)),
        ("conflicts", ", ".join(record.refuses)),
        ("provides", ", ".join(record.provides)),
        *((key, value) for key, value in sorted(facts.items()) if key != "suite"),
    ]
    return "\n".join(f"{key:<14} {value}" for key, value in lines if value)
