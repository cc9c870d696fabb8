"""Plan the views of a lock's worlds as values and check that they will work. Nothing is written here."""

from collections.abc import Callable, Sequence

from nipsys.app.context import Site
from nipsys.app.realize.system import settled
from nipsys.lock.alternatives import with_choices
from nipsys.model.problem import Problem, Rejected, reject
from nipsys.model.system.generation import Placed, Stub
from nipsys.model.system.lock import Lock, LockedSource
from nipsys.model.system.profile import Profile
from nipsys.model.system.tree import Tree
from nipsys.model.value import replace
from nipsys.sources.npm.node_modules import links
from nipsys.store.trees import Store
from nipsys.view.check import faults
from nipsys.view.compose import prepare
from nipsys.view.inputs import world_input
from nipsys.view.model import Member, ViewPlan, WorldInput

_PREFIXES = {"nix": "/nix/store", "pkgsrc": "/usr/pkg", "pypi": "/opt/nipsys/pypi", "npm": "/opt/nipsys/npm"}
"""The prefix that a kind's programs are built for, when it is not the usual file hierarchy."""


def planned(context: Site, store: Store, profile: Profile, lock: Lock, placed: Sequence[Placed]) -> tuple[ViewPlan, ...]:
    """Plan the view of every world whose packages are in ``placed``. Raise ``Rejected`` with the clashes of all of them."""
    manifests = {row.tree: store.manifest(row.directory) for row in placed}
    chosen = {one.name: one.path for one in profile.alternatives}
    views: list[ViewPlan] = []
    problems: list[Problem] = []
    for source in lock.sources:
        try:
            world = world_input(context.root, lock, source.name, placed, _known(manifests), prefix=_prefix(source))
            world = replace(world, choices={**world.choices, **chosen})
            views.append(prepare(_linked(world, lock) if source.kind == "npm" else world))
        except Rejected as error:
            problems += error.problems
    if problems:
        raise Rejected(problems, "request")
    return tuple(views)


def prove(context: Site, store: Store, profile: Profile, lock: Lock, views: Sequence[ViewPlan]) -> tuple[Stub, ...]:
    """Check, before anything is written, that ``views`` will work; return one stub for each program name.

    Every program can start, no two have the same name, the profile's alternatives exist. Raise ``Rejected`` with all problems of all
    worlds.
    """
    problems = [*faults(views, store, context.report), *_unoffered(profile, views)]
    stubs, clashes = settled([stub for view in views for stub in view.stubs], lock)
    if problems or clashes:
        raise Rejected([*problems, *clashes], "request")
    return stubs


def recorded(profile: Profile, lock: Lock, views: Sequence[ViewPlan]) -> Lock:
    """Return ``lock`` with the alternatives that ``views`` chose; the same object when it already has them."""
    rows = []
    for view in views:
        chosen = dict(view.choices)
        rows += [row for row in view.offered if chosen[row[0]] == row[1]]
    return with_choices(lock, rows, {one.name for one in profile.alternatives})


def unscripted(views: Sequence[ViewPlan]) -> tuple[str, str] | None:
    """Return a warning and hint on maintainer scripts that no trigger covers; ``None`` when all are covered."""
    by_package: dict[str, list[str]] = {}
    for package, command in (row for view in views for row in view.uncovered):
        by_package.setdefault(package, []).append(f"`{command}`")
    if not by_package:
        return None
    scripts = "; ".join(f"{package} ({', '.join(commands)})" for package, commands in sorted(by_package.items()))
    hint = 'set `scripts="sandbox"` on a package whose programs need its script'
    return f"maintainer scripts not run (no trigger covers them): {scripts}", hint


def _unoffered(profile: Profile, views: Sequence[ViewPlan]) -> list[Problem]:
    """Find alternatives that the profile chooses but no package offers."""
    offered = [row for view in views for row in view.offered]
    problems = []
    for choice in profile.alternatives:
        rivals = [(path, package) for name, path, package in offered if name == choice.name]
        if choice.path not in {path for path, _ in rivals}:
            notes = tuple(f"`{package}` offers `{path}`" for path, package in rivals)
            hint = "choose one of these" if rivals else "request a package that offers it, or remove the choice"
            message = f"no package offers `{choice.path}` as `{choice.name}`"
            problems.append(Problem("no-alternative", message, choice.span, notes, hint))
    return problems


def _linked(world: WorldInput, lock: Lock) -> WorldInput:
    """Add the links by which npm packages find one another: a tree without files, so it is not put into the store."""
    tree = links(package for package in lock.packages if package.source == world.name)
    member = Member(f"{world.name}/.links", ".links", "", tree.digest(), "", tree)
    return replace(world, members=(*world.members, member))


def _prefix(source: LockedSource) -> str:
    return dict(source.settings).get("prefix", "").rstrip("/") or _PREFIXES.get(source.kind, "")


def _known(manifests: dict[str, Tree | None]) -> Callable[[str], Tree]:
    def give(digest: str) -> Tree:
        tree = manifests[digest]
        if tree is None:
            raise reject("store", "lost-manifest", "the manifest of a tree is missing from the store", hint="run `nipsys verify --repair`")
        return tree

    return give
