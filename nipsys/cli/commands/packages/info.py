"""Show the details of a package from all synced sources."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.render import format_side, format_size, format_table
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app.query import PackageDetails

EXAMPLE = "nipsys info ripgrep"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("package", help="name of the package")
    parser.add_argument("--all", action="store_true", help="show every version, not only the newest of each source")
    parser.add_argument("--profile", metavar="FILE", help="use the sources of this profile [default: the only one in this directory]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Print the details of the package."""
    from nipsys.app.query import find_package, load_worlds

    profile, worlds = load_worlds(session.open_context(), options.profile)
    rows = find_package(worlds, profile, options.package)
    if not options.all:
        rows = tuple({row.source: row for row in reversed(rows)}.values())[::-1]
    texts = list(map(_format_record, rows))
    if len({row.source for row in rows}) > 1:
        now = session.open_context().clock.now()
        heads = ("", "version", "age", "size", "libc")
        texts.insert(
            0, format_table([[f"{row.source}/{row.record.name}", row.record.version, *format_side(row.side, now)] for row in rows], heads)
        )
    session.answer([_record_to_dict(row) for row in rows], "\n\n".join(texts))
    return 0


def _record_to_dict(row: "PackageDetails") -> dict[str, object]:
    """Return a row as a JSON value; its keys are an interface and stay as they are when a field is renamed."""
    record = row.record
    return {
        "source": row.source,
        "kind": row.kind,
        "suites": list(row.suites),
        "name": record.name,
        "version": record.version,
        "arch": record.arch,
        "needs": record.depends,
        "wishes": record.recommends,
        "provides": record.provides,
        "refuses": record.conflicts,
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


def _format_record(row: "PackageDetails") -> str:
    record = row.record
    facts = dict(record.facts)
    lines = [
        ("package", f"{row.source}/{record.name} {record.version}"),
        ("summary", record.summary),
        ("suites", " ".join(row.suites)),
        ("arch", record.arch),
        ("download", format_size(record.size) if record.size else ""),
        ("digest", record.digest),
        ("variants", " ".join(record.flags)),
        ("depends", ", ".join(record.depends)),
        ("recommends", ", ".join(record.recommends)),
        ("conflicts", ", ".join(record.conflicts)),
        ("provides", ", ".join(record.provides)),
        *((key, value) for key, value in sorted(facts.items()) if key != "suite"),
    ]
    return "\n".join(f"{key:<14} {value}" for key, value in lines if value)
