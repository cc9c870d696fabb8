"""Check a plan before anything is fetched, as far as its trees are in the store, and note what has to wait for the rest."""

import os
from collections import Counter

from nipsys.app.apply.execute import PreparedPlan
from nipsys.app.context import Context
from nipsys.app.realize import check_views, describe_unscripted, place_trees, plan_views, read_trees
from nipsys.effects.host import probe_emulation
from nipsys.model import replace
from nipsys.plan import store_key_of
from nipsys.store import Store, describe_dropped_bits
from nipsys.view.launcher import describe_emulation


def check_plan(context: Context, ready: PreparedPlan) -> PreparedPlan:
    """Run the checks of ``apply`` for the trees that are already in the store, and add the results to the plan's notes.

    Raise ``Rejected`` with every clash, missing library, unmet symbol version and invalid alternative found; nothing is changed. Checks
    that need packages still to be fetched or built become notes: ``apply`` runs them before it changes anything.
    """
    if ready.plan.is_empty:
        return ready
    store, lock = Store(context.root), ready.lock
    trees = read_trees(store, lock.packages, ready.found)
    missing = Counter(package.source for package in lock.packages if package.id not in trees)
    whole = replace(lock, sources=tuple(source for source in lock.sources if source.name not in missing))
    views = plan_views(context, ready.profile, whole, place_trees(lock.packages, trees))
    check_views(context, store, replace(ready.profile, alternatives=()) if missing else ready.profile, lock, views)
    notes = [warning for view in views for warning in view.warnings]
    new = {change.id for change in (*ready.plan.added, *ready.plan.changed)}
    if dropped := describe_dropped_bits(
        (package.name, store.find_dropped_bits(store_key_of(package))) for package in lock.packages if package.id in new
    ):
        notes.append(dropped)
    if lock.arch != os.uname().machine:
        foreign = probe_emulation(lock.arch)
        notes += (describe_emulation(source.name, lock.arch, foreign)[0] for source in lock.sources)
    if unscripted_notes := describe_unscripted(views):
        notes.append("; ".join(unscripted_notes))
    for world, count in sorted(missing.items()):
        what = "1 package is" if count == 1 else f"{count} packages are"
        notes.append(
            f"world `{world}` can be checked (paths, libraries, symbol versions, alternatives, scripts) only when {what} available: "
            "`apply` does so before it changes anything"
        )
    return replace(ready, plan=replace(ready.plan, notes=(*ready.plan.notes, *notes)))
