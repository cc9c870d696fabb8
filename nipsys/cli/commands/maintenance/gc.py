"""Remove what no generation needs; with `--keep` or `--older-than` old generations too. The current and pinned ones always stay."""

import argparse

from nipsys.cli.render.text import count, size
from nipsys.cli.session import Session

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--keep", type=_number, metavar="N", help="delete generations beyond the newest N")
    parser.add_argument("--older-than", type=_age, metavar="AGE", help="delete generations older than 30d, 12h, 2w")
    parser.add_argument("--optimise", action="store_true", help="also let equal files of the trees that stay share their space")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, with sizes, and remove nothing")


def run(options: argparse.Namespace, session: Session) -> int:
    """Collect; 0."""
    from nipsys.app.generations.gc import collect

    done = collect(session.site(), keep=options.keep, older_than=options.older_than, dry_run=options.dry_run, join=options.optimise)
    value: dict[str, object] = {
        "dry_run": options.dry_run,
        "generations": list(done.generations),
        "trees": [{"directory": tree.directory, "size": tree.size} for tree in done.trees],
        "size": done.size,
        "pieces": done.pieces,
    }
    lines = [f"generation {number}" for number in done.generations]
    lines += [f"{size(tree.size):>10}  {tree.directory}" for tree in done.trees]
    verb = "would free" if options.dry_run else "freed"
    lines.append(f"{verb} {size(done.size)} in {count(len(done.trees), 'tree')} and {count(len(done.generations), 'generation')}")
    if done.joined is not None:
        value["joined"] = {"files": done.joined.files, "size": done.joined.size}
        lines.append(f"joined {count(done.joined.files, 'equal file')}, {size(done.joined.size)}")
    session.answer(value, "\n".join(lines))
    return 0


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 generation is kept")
    return number


def _age(text: str) -> float:
    unit = _UNITS.get(text[-1:])
    if unit is None or not text[:-1].isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is no age: write 30d, 12h, 2w or 45m")
    return float(int(text[:-1]) * unit)
