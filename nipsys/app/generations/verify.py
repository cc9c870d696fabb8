"""Verify that the system is what its manifests state, and repair it in place: at no moment is a file missing."""

from nipsys.app.context import Site
from nipsys.app.realize.services import unit
from nipsys.effects.filelock import guard
from nipsys.effects.signals import interruptible
from nipsys.generation.catalog import Generations
from nipsys.generation.links.drift import Stray, straighten, strays
from nipsys.generation.paths import GENERATIONS
from nipsys.model.problem import Problem
from nipsys.model.system.lock import Lock
from nipsys.model.system.profile import Profile
from nipsys.model.value import Frozen
from nipsys.store.maintenance.repair import Supply, repair
from nipsys.store.maintenance.verify import Checked, verify
from nipsys.store.trees import Store


class Verdict(Frozen):
    """What verify found and what repair could fix."""

    found: tuple[Checked, ...]
    """The state of each tree; after the repair, when one was made."""
    repaired: tuple[str, ...] = ()
    left: tuple[Problem, ...] = ()

    @property
    def whole(self) -> bool:
        """Return whether everything is intact."""
        return all(checked.state == "VERIFIED" for checked in self.found)


def verified(context: Site, *, quick: bool = False, every: bool = False) -> Verdict:
    """Compare the trees of the current generation (or ``every`` tree) and its links with their manifests; nothing is changed."""
    return Verdict((*_check(context, Store(context.root), quick=quick, every=every), *_linked(*_strays(context))))


def repaired(context: Site, profile: Profile | None, lock: Lock | None, *, every: bool = False) -> Verdict:
    """Verify, then repair: package trees from their artifacts, derived trees from intact ones, links from the manifest.

    Artifacts are fetched according to ``profile`` and ``lock``; without them only what other trees contain can be repaired.
    """
    with interruptible(), guard(context.layout.lock, command=context.command, clock=context.clock, report=context.report):
        store = Store(context.root, report=context.report)
        store.sweep()
        found = _check(context, store, quick=False, every=every)
        number, wrong = _strays(context)
        straighten(store.disk, number, wrong)
        left = _strays(context)[1] if wrong else ()
        good = {stray.path for stray in wrong} - {stray.path for stray in left}
        straight = tuple(f"{GENERATIONS}/{number}/{path}" for path in sorted(good))
        bad = {checked.directory for checked in found if checked.state != "VERIFIED"}
        if not bad:
            return Verdict((*found, *_linked(number, left)), straight)
        supplies = _supplies(context, profile, lock, bad) if profile and lock else {}
        done = repair(store, found, supplies.get)
        return Verdict(
            (*_check(context, store, quick=False, every=every), *_linked(number, left)), (*straight, *done.directories), done.left
        )


def _check(context: Site, store: Store, *, quick: bool, every: bool) -> tuple[Checked, ...]:
    current = Generations(context.root).current()
    expected = {placed.directory: placed.tree for placed in current.system.packages} if current else {}
    views = {view.directory for view in current.system.views} if current else set()
    chosen = None if every or current is None else sorted({*expected, *views})
    return verify(store, chosen, expected=expected, quick=quick, report=context.report)


def _strays(context: Site) -> tuple[int, tuple[Stray, ...]]:
    """Return the current generation's number and what is wrong with its links."""
    generations = Generations(context.root)
    current = generations.current()
    if current is None:
        return 0, ()
    return current.number, strays(generations.disk, current.number, current.system, {unit(name) for name, _, _ in current.system.services})


def _linked(number: int, wrong: tuple[Stray, ...]) -> tuple[Checked, ...]:
    """Report wrong links in the form of a modified tree; empty when all links are right."""
    if not wrong:
        return ()
    return (Checked(f"{GENERATIONS}/{number}", "MODIFIED", tuple(stray.path for stray in wrong), tuple(stray.reason for stray in wrong)),)


def _supplies(context: Site, profile: Profile, lock: Lock, bad: set[str]) -> dict[str, Supply]:
    """Fetch the artifacts of damaged trees; return how to unpack each, by store directory."""
    from nipsys.app.realize.publish import _fetched, _opener  # noqa: PLC0415 - only a repair fetches
    from nipsys.app.sync.worlds import opened  # noqa: PLC0415 - the same

    current = Generations(context.root).current()
    by_id = {placed.id: placed.directory for placed in current.system.packages} if current else {}
    packages = [package for package in lock.packages if by_id.get(package.id) in bad and package.digest]
    sources = {source.spec.name: source for source in opened(context, profile)}
    paths = _fetched(context, sources, packages)
    return {
        by_id[package.id]: Supply(
            _opener(paths[package.id]), sources[package.source].container(package), package.name, package.version, package.digest
        )
        for package in packages
    }
