"""Remove trees that no generation uses; with `--keep` or `--older-than` also old generations, except current and pinned ones."""

import argparse

from nipsys.cli.render import format_count, format_size
from nipsys.cli.session import Session

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

EXAMPLE = "nipsys gc --keep 5 --dry-run"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--keep", type=_parse_count, metavar="N", help="also delete all but the newest N generations")
    parser.add_argument("--older-than", type=_parse_age, metavar="AGE", help="also delete generations older than AGE: 30d, 12h, 2w, 45m")
    parser.add_argument("--optimise", action="store_true", help="also deduplicate identical files in the remaining trees")
    parser.add_argument("--dry-run", action="store_true", help="show what would be removed, without removing it")


def run(options: argparse.Namespace, session: Session) -> int:
    """Collect garbage; return 0."""
    from nipsys.app.generations import collect_garbage

    done = collect_garbage(
        session.open_context(), keep=options.keep, older_than=options.older_than, dry_run=options.dry_run, join=options.optimise
    )
    value: dict[str, object] = {
        "dry_run": options.dry_run,
        "generations": list(done.generations),
        "trees": [{"directory": tree.directory, "size": tree.size} for tree in done.trees],
        "size": done.size,
        "pieces": done.leftovers,
    }
    lines = [f"generation {number}" for number in done.generations]
    lines += [f"{format_size(tree.size):>10}  {tree.directory}" for tree in done.trees]
    verb = "would free" if options.dry_run else "freed"
    lines.append(
        f"{verb} {format_size(done.size)} in {format_count(len(done.trees), 'tree')}"
        f" and {format_count(len(done.generations), 'generation')}"
    )
    if done.deduplicated is not None:
        value["joined"] = {"files": done.deduplicated.files, "size": done.deduplicated.size}
        lines.append(f"deduplicated {format_count(done.deduplicated.files, 'file')}, {format_size(done.deduplicated.size)}")
    session.answer(value, "\n".join(lines))
    return 0


def _parse_count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _parse_age(text: str) -> float:
    unit = _UNITS.get(text[-1:])
    if unit is None or not text[:-1].isdigit():
        raise argparse.ArgumentTypeError(f"invalid age `{text}`: expected for example 30d, 12h, 2w or 45m")
    return float(int(text[:-1]) * unit)
