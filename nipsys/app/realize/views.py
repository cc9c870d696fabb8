"""Plan the views of a lock's worlds as values and check that they will work. Nothing is written here."""

from collections.abc import Sequence

from nipsys.app.context import Context
from nipsys.app.realize.fetch import PlacedTrees
from nipsys.app.realize.system import resolve_name_clashes
from nipsys.lock import record_choices
from nipsys.model import Problem, Rejected, replace
from nipsys.model.system import Lock, LockedSource, Profile, Stub
from nipsys.sources import traits_of
from nipsys.store import Store
from nipsys.view import PackageInput, ViewPlan, WorldInput, build_world_input, compose_view, find_problems


def plan_views(context: Context, profile: Profile, lock: Lock, trees: PlacedTrees) -> tuple[ViewPlan, ...]:
    """Plan the view of every world whose packages are in ``trees``. Raise ``Rejected`` with the clashes of all of them."""
    chosen = {one.name: one.path for one in profile.alternatives}
    views: list[ViewPlan] = []
    problems: list[Problem] = []
    for source in lock.sources:
        try:
            world = build_world_input(context.root, lock, source.name, trees.placed, trees.manifests.__getitem__, prefix=_prefix(source))
            world = replace(world, choices={**world.choices, **chosen})
            views.append(compose_view(_add_links(world, source, lock)))
        except Rejected as error:
            problems += error.problems
    if problems:
        raise Rejected(problems, "request")
    return tuple(views)


def check_views(context: Context, store: Store, profile: Profile, lock: Lock, views: Sequence[ViewPlan]) -> tuple[Stub, ...]:
    """Check, before anything is written, that ``views`` will work; return one stub for each program name.

    Every program can start, no two have the same name, the profile's alternatives exist. Raise ``Rejected`` with all problems of all
    worlds.
    """
    problems = [*find_problems(views, store, context.report), *_unoffered(profile, views)]
    stubs, clashes = resolve_name_clashes([stub for view in views for stub in view.stubs], lock)
    if problems or clashes:
        raise Rejected([*problems, *clashes], "request")
    return stubs


def add_choices(profile: Profile, lock: Lock, views: Sequence[ViewPlan]) -> Lock:
    """Return ``lock`` with the alternatives that ``views`` chose; the same object when it already has them."""
    rows = []
    for view in views:
        chosen = dict(view.choices)
        rows += [row for row in view.offered if chosen[row[0]] == row[1]]
    return record_choices(lock, rows, {one.name for one in profile.alternatives})


def describe_unscripted(views: Sequence[ViewPlan]) -> tuple[str, str] | None:
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


def _add_links(world: WorldInput, source: LockedSource, lock: Lock) -> WorldInput:
    """Add the links by which packages of some kinds find one another: a tree without files, so it is not put into the store."""
    link_packages = traits_of(source.kind).link_packages
    if link_packages is None:
        return world
    tree = link_packages(package for package in lock.packages if package.source == world.name)
    member = PackageInput(f"{world.name}/.links", ".links", "", tree.digest(), "", tree)
    return replace(world, packages=(*world.packages, member))


def _prefix(source: LockedSource) -> str:
    return dict(source.settings).get("prefix", "").rstrip("/") or traits_of(source.kind).prefix
