"""Twins for views that were built while namespaces were open, on a host that has closed them since.

The plan of such a view no longer exists; what relocation needs of it is read from the view's manifest and facts.
"""

from collections.abc import Iterable

from nipsys.effects.host import Namespaces
from nipsys.model import Reporter, ignore_event
from nipsys.model.system import Directory, File, Link, WorldView
from nipsys.store import Store
from nipsys.view.model import MergedEntry, TriggerStep, ViewPlan
from nipsys.view.relocate.copies import find_missing_twins
from nipsys.view.relocate.prefix import relocate_prefix
from nipsys.view.relocate.runpath import relocate_runpath


def make_missing_twins(
    views: Iterable[WorldView], arch: str, store: Store, namespaces: Namespaces, report: Reporter = ignore_event
) -> tuple[str, ...]:
    """Create the missing twins of ``views`` where namespaces are closed; return the worlds that got one.

    ``Rejected`` when one cannot be created.
    """
    rows = {view.directory: view for view in views}
    made = []
    for directory in find_missing_twins(store.layout.root, rows, namespaces):
        plan = read_plan(rows[directory], arch, store)
        (relocate_prefix if plan.prefix else relocate_runpath)(plan, store, report)
        made.append(plan.world)
    return tuple(made)


def read_plan(view: WorldView, arch: str, store: Store) -> ViewPlan:
    """Return the part of a view's plan that relocation needs: entries, prefix, and where in ``/var`` triggers wrote."""
    facts: dict[str, list[str]] = {}
    with open(f"{store.path(view.directory)}/.run/.view", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.rstrip("\n").partition(" ")
            facts.setdefault(key, []).append(value)
    tree = store.read_manifest(view.directory)
    entries = []
    for entry in tree.entries if tree else ():
        match entry:
            case File():
                entries.append(MergedEntry(entry.path, "f", f"{view.directory}/{entry.path}", ""))
            case Link():
                entries.append(MergedEntry(entry.path, "l", entry.target, ""))
            case Directory():
                entries.append(MergedEntry(entry.path, "d", "", ""))
    step = TriggerStep("made", (), tuple(facts.get("over", ())))
    return ViewPlan(
        world=view.world, arch=arch, key=view.key, directory=view.directory, mode=view.mode, prefix=facts.get("prefix", [""])[0],
        entries=tuple(entries), steps=(step,), choices=(), stubs=(), links=(),
    )  # fmt: skip
