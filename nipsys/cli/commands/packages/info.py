"""Show the details of a package from all synced sources."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.render.comparison import compared
from nipsys.cli.render.text import size, table
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app.query.search import Known


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="name of the package")
    parser.add_argument("--all", action="store_true", help="show every version, not only the newest of each source")
    parser.add_argument("--profile", metavar="FILE", help="use the sources of this profile [default: the only one in this directory]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the details of the package."""
    from nipsys.app.query.graph import synced
    from nipsys.app.query.search import known

    profile, worlds = synced(session.site(), options.profile)
    rows = known(worlds, profile, options.package)
    if not options.all:
        rows = tuple({row.source: row for row in reversed(rows)}.values())[::-1]
    texts = list(map(_text, rows))
    if len({row.source for row in rows}) > 1:
        now = session.site().clock.now()
        heads = ("", "version", "age", "size", "libc")
        texts.insert(0, table([[f"{row.source}/{row.record.name}", row.record.version, *compared(row.side, now)] for row in rows], heads))
    session.answer([_value(row) for row in rows], "\n\n".join(texts))
    return 0


def _value(row: "Known") -> dict[str, object]:
    """Return a row as a JSON value; its keys are an interface and stay as they are when a field is renamed."""
    record = row.record
    return {
        "source": row.source,
        "kind": row.kind,
        "suites": list(row.suites),
        "name": record.name,
        "version": record.version,
        "arch": record.arch,
        "needs": record.needs,
        "wishes": record.wishes,
        "provides": record.provides,
        "refuses": record.refuses,
        "location": record.location,
        "size": record.size,
        "digest": record.digest,
        "format": record.format,
        "summary": record.summary,
        "essential": record.essential,
        "flags": record.flags,
        "facts": record.facts,
        "side": row.side._asdict(),
    }


def _text(row: "Known") -> str:
    record = row.record
    facts = dict(record.facts)
    lines = [
        ("package", f"{row.source}/{record.name} {record.version}"),
        ("summary", record.summary),
        ("suites", " ".join(row.suites)),
        ("arch", record.arch),
        ("download", size(record.size) if record.size else ""),
        ("digest", record.digest),
        ("variants", " ".join(record.flags)),
        ("depends", ", ".join(record.needs)),
        ("recommends", ", ".join(record.wishes)),
        ("conflicts", ", ".join(record.refuses)),
        ("provides", ", ".join(record.provides)),
        *((key, value) for key, value in sorted(facts.items()) if key != "suite"),
    ]
    return "\n".join(f"{key:<14} {value}" for key, value in lines if value)
