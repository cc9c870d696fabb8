"""The numbered systems of this root: list, show, compare, label, pin and delete them."""

import argparse
from typing import TYPE_CHECKING

from nipsys.cli.render.text import count, table
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.generation.summary import Summary


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("list", help="all of them, oldest first (what no verb does)")
    show = verbs.add_parser("show", help="one, with its packages")
    show.add_argument("number", type=int, nargs="?", help="which (the current one)")
    diff = verbs.add_parser("diff", help="what the second has that the first has not, and the other way round")
    diff.add_argument("first", type=int)
    diff.add_argument("second", type=int)
    label = verbs.add_parser("label", help="give one a name of yours; without a text take it away")
    label.add_argument("number", type=int)
    label.add_argument("text", nargs="?")
    pin = verbs.add_parser("pin", help="keep one from being deleted or collected")
    pin.add_argument("number", type=int)
    pin.add_argument("--off", action="store_true", help="let it go again")
    delete = verbs.add_parser("delete", help="delete some; their trees stay until `nipsys gc`")
    delete.add_argument("numbers", type=int, nargs="+")


def run(options: argparse.Namespace, session: Session) -> int:
    """Do the verb; list without one."""
    verbs = {"show": _show, "diff": _diff, "label": _label, "pin": _pin, "delete": _delete}
    verbs.get(options.verb or "", _list)(options, session)
    return 0


def value_of(summary: "Summary", current: int | None) -> dict[str, object]:
    """Return a summary as other tools read it."""
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
    from nipsys.app.generations.catalog import summaries

    known, current = summaries(session.site())
    rows = [
        [
            "->" if row.number == current else "",
            str(row.number),
            row.created,
            count(row.packages, "package"),
            row.digest[7:19],
            row.reason,
            _marks(row),
        ]
        for row in known
    ]
    text = table(rows) or "no generation yet; `nipsys apply PROFILE` makes the first one"
    session.answer([value_of(row, current) for row in known], text)


def _marks(summary: "Summary") -> str:
    return " ".join(mark for mark in (f'"{summary.label}"' if summary.label else "", "pinned" if summary.pinned else "") if mark)


def _show(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations.catalog import system

    number, found = system(session.site(), options.number)
    rows = [["*" if row.requested else "", row.id, row.version, row.directory] for row in found.packages]
    views = [f"view of {view.world}: {view.directory} ({view.mode})" for view in found.views]
    head = f"generation {number}: {found.profile}, {found.digest()}"
    session.answer({"number": number, "digest": found.digest(), **found.value()}, "\n".join([head, *views, table(rows)]))


def _diff(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations.catalog import difference

    found = difference(session.site(), options.first, options.second)
    rows = [["+", *row] for row in found.added] + [["-", *row] for row in found.removed]
    rows += [["~", name, f"{old} -> {new}" if old != new else f"{new} (other bytes)"] for name, old, new in found.changed]
    value = {"added": found.added, "removed": found.removed, "changed": found.changed}
    session.answer(value, table(sorted(rows, key=lambda row: row[1])) or "no difference in packages")


def _label(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations.catalog import label

    label(session.site(), options.number, options.text)
    told = f'"{options.text}"' if options.text else "nothing"
    session.answer({"number": options.number, "label": options.text}, f"generation {options.number} is labelled {told}")


def _pin(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations.catalog import pin

    pin(session.site(), options.number, pinned=not options.off)
    told = "may be deleted again" if options.off else "is kept"
    session.answer({"number": options.number, "pinned": not options.off}, f"generation {options.number} {told}")


def _delete(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.generations.catalog import delete

    delete(session.site(), tuple(options.numbers))
    told = ", ".join(str(number) for number in options.numbers)
    session.answer({"deleted": options.numbers}, f"deleted {told}; `nipsys gc` frees what only they needed")
