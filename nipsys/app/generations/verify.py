"""Verify that the system is what its manifests state, and repair it in place: at no moment is a file missing."""

from nipsys.app.context import Context
from nipsys.app.realize import unit_path
from nipsys.app.root import hold_root
from nipsys.generation import GENERATIONS, Generations
from nipsys.generation.links import Drift, find_drift, repair_links
from nipsys.model import Frozen, Problem
from nipsys.model.system import Lock, Profile
from nipsys.store import Store
from nipsys.store.maintenance import ArtifactSource, TreeReport, repair_trees, verify_trees


class VerifyResult(Frozen):
    """What verify found and what repair could fix."""

    found: tuple[TreeReport, ...]
    """The state of each tree; after the repair, when one was made."""
    repaired: tuple[str, ...] = ()
    unrepaired: tuple[Problem, ...] = ()

    @property
    def intact(self) -> bool:
        """Return whether everything is intact."""
        return all(checked.state == "VERIFIED" for checked in self.found)


def verify_root(context: Context, *, quick: bool = False, every: bool = False) -> VerifyResult:
    """Compare the trees of the current generation (or ``every`` tree) and its links with their manifests; nothing is changed."""
    return VerifyResult((*_check(context, Store(context.root), quick=quick, every=every), *_check_of_links(*_find_drift(context))))


def repair_root(context: Context, profile: Profile | None, lock: Lock | None, *, every: bool = False) -> VerifyResult:
    """Verify, then repair: package trees from their artifacts, derived trees from intact ones, links from the manifest.

    Artifacts are fetched according to ``profile`` and ``lock``; without them only what other trees contain can be repaired.
    """
    with hold_root(context):
        store = Store(context.root, report=context.report)
        store.remove_debris()
        found = _check(context, store, quick=False, every=every)
        number, wrong = _find_drift(context)
        repair_links(store.disk, number, wrong)
        left = _find_drift(context)[1] if wrong else ()
        good = {stray.path for stray in wrong} - {stray.path for stray in left}
        straight = tuple(f"{GENERATIONS}/{number}/{path}" for path in sorted(good))
        bad = {checked.directory for checked in found if checked.state != "VERIFIED"}
        if not bad:
            return VerifyResult((*found, *_check_of_links(number, left)), straight)
        supplies = _fetch_supplies(context, profile, lock, bad) if profile and lock else {}
        done = repair_trees(store, found, supplies.get)
        return VerifyResult(
            (*_check(context, store, quick=False, every=every), *_check_of_links(number, left)),
            (*straight, *done.directories),
            done.unrepaired,
        )


def _check(context: Context, store: Store, *, quick: bool, every: bool) -> tuple[TreeReport, ...]:
    current = Generations(context.root).current()
    expected = {placed.directory: placed.tree for placed in current.system.packages} if current else {}
    views = {view.directory for view in current.system.views} if current else set()
    chosen = None if every or current is None else sorted({*expected, *views})
    return verify_trees(store, chosen, expected=expected, quick=quick, report=context.report)


def _find_drift(context: Context) -> tuple[int, tuple[Drift, ...]]:
    """Return the current generation's number and what is wrong with its links."""
    generations = Generations(context.root)
    current = generations.current()
    if current is None:
        return 0, ()
    return current.number, find_drift(
        generations.disk, current.number, current.system, {unit_path(name) for name, _, _ in current.system.services}
    )


def _check_of_links(number: int, wrong: tuple[Drift, ...]) -> tuple[TreeReport, ...]:
    """Report wrong links in the form of a modified tree; empty when all links are right."""
    if not wrong:
        return ()
    return (
        TreeReport(f"{GENERATIONS}/{number}", "MODIFIED", tuple(stray.path for stray in wrong), tuple(stray.reason for stray in wrong)),
    )


def _fetch_supplies(context: Context, profile: Profile, lock: Lock, bad: set[str]) -> dict[str, ArtifactSource]:
    """Fetch the artifacts of damaged trees; return how to unpack each, by store directory."""
    from nipsys.app.realize import fetch_artifacts, opener_of  # noqa: PLC0415 - only a repair fetches
    from nipsys.app.sync import open_sources  # noqa: PLC0415 - the same

    current = Generations(context.root).current()
    by_id = {placed.id: placed.directory for placed in current.system.packages} if current else {}
    packages = [package for package in lock.packages if by_id.get(package.id) in bad and package.digest]
    sources = {source.spec.name: source for source in open_sources(context, profile)}
    paths = fetch_artifacts(context, sources, packages)
    return {
        by_id[package.id]: ArtifactSource(
            opener_of(paths[package.id]), sources[package.source].container(package), package.name, package.version, package.digest
        )
        for package in packages
    }
