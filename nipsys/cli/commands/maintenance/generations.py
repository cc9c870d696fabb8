"""List, show, compare, label, pin or delete generations."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.commands.subcommand import add_subcommand
from nipsys.cli.render import format_count, format_table
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.generation import Summary

EXAMPLE = "nipsys generations diff 6 7"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    add_subcommand(verbs, "list", "list all generations, oldest first (the default)", "nipsys generations list --json")
    show = add_subcommand(verbs, "show", "show a generation and its packages", "nipsys generations show 7")
    show.add_argument("number", type=int, nargs="?", help="generation [default: the current one]")
    diff = add_subcommand(verbs, "diff", "show the differences between two generations", "nipsys generations diff 6 7")
    diff.add_argument("first", type=int, help="older generation")
    diff.add_argument("second", type=int, help="newer generation")
    label = add_subcommand(verbs, "label", "label a generation, or remove its label", 'nipsys generations label 7 "before the upgrade"')
    label.add_argument("number", type=int, help="generation")
    label.add_argument("text", nargs="?", help="the label; without it the label is removed")
    pin = add_subcommand(verbs, "pin", "protect a generation from deletion and garbage collection", "nipsys generations pin 7")
    pin.add_argument("number", type=int, help="generation")
    pin.add_argument("--off", action="store_true", help="remove the pin")
    delete = add_subcommand(verbs, "delete", "delete generations; `nipsys gc` then removes their trees", "nipsys generations delete 3 4")
    delete.add_argument("numbers", type=int, nargs="+", help="generations to delete")


def run(options: argparse.Namespace, session: Session) -> int:
    """Run the subcommand; list the generations without one."""
    verbs = {"show": _show, "diff": _diff, "label": _label, "pin": _pin, "delete": _delete}
    verbs.get(options.verb or "", _list)(options, session)
    return 0


def summary_to_dict(summary: "Summary", current: int | None) -> dict[str, object]:
    """Return a summary as a JSON value."""
    return {
        "number": summary.number,
        "digest": summary.digest,
        "current": summary.number == current,
        "label": summary.label,
        "created": summary.created,
        "pinned": summary.pinned,
        "parent": summary.parent,
        "reason": summary.reason,
        "lock_digest": summary.lock,
        "packages": summary.packages,
    }


def _list(_: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations import list_summaries

    known, current = list_summaries(session.open_context())
    rows = [
        [
            "->" if row.number == current else "",
            str(row.number),
            row.created,
            format_count(row.packages, "package"),
            row.digest[7:19],
            row.reason,
            _format_marks(row),
        ]
        for row in known
    ]
    text = format_table(rows) or "no generations yet; run `nipsys apply PROFILE` to create the first one"
    session.answer([summary_to_dict(row, current) for row in known], text)


def _format_marks(summary: "Summary") -> str:
    return " ".join(mark for mark in (f'"{summary.label}"' if summary.label else "", "pinned" if summary.pinned else "") if mark)


def _show(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations import find_system

    number, found = find_system(session.open_context(), options.number)
    rows = [["*" if row.requested else "", row.id, row.version, row.directory] for row in found.packages]
    views = [f"view of {view.world}: {view.directory} ({view.mode})" for view in found.views]
    head = f"generation {number}: {found.profile}, {found.digest()}"
    session.answer({"number": number, "digest": found.digest(), **found.to_dict()}, "\n".join([head, *views, format_table(rows)]))


def _diff(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations import compare_generations

    found = compare_generations(session.open_context(), options.first, options.second)
    rows = [["+", *row] for row in found.added] + [["-", *row] for row in found.removed]
    rows += [["~", name, f"{old} -> {new}" if old != new else f"{new} (different content)"] for name, old, new in found.changed]
    value = {"added": found.added, "removed": found.removed, "changed": found.changed}
    session.answer(value, format_table(sorted(rows, key=lambda row: row[1])) or "no package differs")


def _label(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations import label_generation

    label_generation(session.open_context(), options.number, options.text)
    done = f'labelled generation {options.number} "{options.text}"' if options.text else f"removed the label of generation {options.number}"
    session.answer({"number": options.number, "label": options.text}, done)


def _pin(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations import pin_generation

    pin_generation(session.open_context(), options.number, pinned=not options.off)
    verb = "unpinned" if options.off else "pinned"
    session.answer({"number": options.number, "pinned": not options.off}, f"{verb} generation {options.number}")


def _delete(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations import delete_generations

    delete_generations(session.open_context(), tuple(options.numbers))
    numbers = ", ".join(str(number) for number in options.numbers)
    session.answer({"deleted": options.numbers}, f"deleted {numbers}; run `nipsys gc` to free disk space")
