"""Challenge a package: rebuild it, or fetch it again from another mirror, and compare it bit for bit with the store."""

import os
import tempfile

from nipsys.app.context import Context
from nipsys.app.realize import BuildResult, build_recipe, find_recipe, opener_of
from nipsys.app.sync import open_sources
from nipsys.builder import Workspace
from nipsys.builder.output import Witness, capture_tree, describe_difference
from nipsys.builder.recipe import RecipePath
from nipsys.generation import Generations
from nipsys.model import Frozen, Problem, Rejected, reject, replace
from nipsys.model.package import Resource
from nipsys.model.system import Lock, LockedPackage, Profile
from nipsys.store import Store


class ChallengeResult(Frozen):
    """The result of a passed challenge."""

    name: str
    how: str
    """``rebuilt`` or ``fetched``."""
    tree: str
    evidence: tuple[str, ...]


def challenge_build(workspace: Workspace, recipe_path: RecipePath, target: str, flags: tuple[str, ...]) -> ChallengeResult:
    """Rebuild a recipe under other circumstances. Raise ``Rejected`` (``build-not-reproducible``) with the first difference."""
    find_recipe(recipe_path, target)
    again = replace(workspace, options=replace(workspace.options, rebuild=True))
    built: BuildResult = build_recipe(again, recipe_path, target, flags)
    return ChallengeResult(built.record.label, "rebuilt", built.record.tree, tuple(_describe(one) for one in built.record.witnesses))


def _describe(one: Witness) -> str:
    order = ", directories in another order" if one.shuffled else ""
    clock = f", clock {one.clock // 86400:+d} days" if one.clock else ""
    return f"{one.at}: uid {one.uid}, {one.jobs} jobs{order}{clock}, {one.tree}"


def challenge_package(context: Context, profile: Profile, lock: Lock, name: str) -> ChallengeResult:
    """Fetch a package of the lock again, from another mirror if there are several, unpack it and compare it with the store.

    Raise ``Rejected`` (kind ``store``) with the first difference when the tree in the store does not match the artifact.
    """
    package = _package(lock, name)
    current = Generations(context.root).current()
    placed = next((one for one in current.system.packages if one.id == package.id), None) if current else None
    if placed is None:
        raise reject(
            "request", "not-installed", f"`{package.id}` is not in the current generation", hint="run `nipsys apply` to install it"
        )
    source = next(source for source in open_sources(context, profile) if source.spec.name == package.source)
    resource = _other_mirrors_first(source.artifact(package))
    os.makedirs(f"{context.root}/cache", exist_ok=True)
    with tempfile.TemporaryDirectory(dir=f"{context.root}/cache", prefix="challenge-") as work:
        (fetched,) = context.web.fetch((resource,), f"{work}/downloads", context.report)
        other = Store(f"{work}/R", report=context.report)
        with other.open_batch(workers=1) as batch:
            batch.put(opener_of(fetched.path or ""), source.container(package), package.name, package.version, package.digest)
            ((tree, _),) = batch.commit()
        fresh, here = capture_tree(other.path(tree)), capture_tree(f"{context.layout.store}/{placed.directory}")
    difference = describe_difference(here, fresh)
    if difference or tree.digest != placed.tree:
        notes = (f"first difference: {difference or 'the manifest'}", f"in the store: {placed.tree}", f"fetched again: {tree.digest}")
        message = f"`{package.id}` differs from its artifact"
        raise Rejected((Problem("damaged-tree", message, None, notes, "run `nipsys verify --repair` to restore it"),), "store")
    return ChallengeResult(package.id, "fetched", placed.tree, (f"{resource.urls[0]}: {package.digest}", f"unpacked: {tree.digest}"))


def _package(lock: Lock, name: str) -> LockedPackage:
    for package in lock.packages:
        if name in {package.id, package.name} and package.digest:
            return package
    raise reject(
        "request", "unknown-package", f"`{name}` is neither built here nor in the lock", hint="`nipsys list` shows what is in the lock"
    )


def _other_mirrors_first(resource: Resource) -> Resource:
    """Move the first address to the end: fetching from the same mirror again proves less."""
    return replace(resource, urls=(*resource.urls[1:], *resource.urls[:1]))
