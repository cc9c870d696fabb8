"""Build recipes: for the command line, and for the packages of a lock."""

import os
from collections.abc import Mapping

from nipsys.app.context import Site
from nipsys.app.realize.recipe_index import closure_digest
from nipsys.builder.build import Options, Workshop
from nipsys.builder.chain import Chain, read_flag
from nipsys.builder.materials.prepare import Fetch
from nipsys.builder.output.provenance import Record, Records
from nipsys.builder.output.tree_store import StoreTrees
from nipsys.builder.recipe.search_path import Shelf
from nipsys.effects.clock import SystemClock
from nipsys.effects.host.facts import host_facts
from nipsys.effects.web.fetcher import Fetcher, OfflineWeb
from nipsys.model.event import Report
from nipsys.model.layout import Layout
from nipsys.model.package.recipe import Recipe
from nipsys.model.package.resource import Resource
from nipsys.model.problem import reject
from nipsys.model.system.lock import Lock, LockedPackage
from nipsys.model.system.profile import Profile
from nipsys.model.system.tree import TreeName
from nipsys.model.value import Frozen
from nipsys.sources.common.mirrors import beside
from nipsys.sources.debian.apt_configuration import read_configuration
from nipsys.store.artifacts import artifact_text
from nipsys.store.paths import artifact_path
from nipsys.store.trees import Store


class Built(Frozen):
    """The result of a build."""

    record: Record
    path: str
    """Absolute path of the tree in the store."""

    def value(self) -> dict[str, object]:
        """Return the JSON value of ``--json``, which other tools rely on."""
        record = self.record
        return {
            "name": record.name,
            "version": record.version,
            "flags": [f"{name}={value}" for name, value in record.flags],
            "digest": record.tree,
            "tree": record.tree,
            "path": self.path,
            "store_path": self.path,
            "key": record.key,
            "size": record.size,
            "files": record.files,
            "libc": record.libc,
            "seconds": round(sum(witness.seconds for witness in record.witnesses[:1]), 2),
            "witnesses": len(record.witnesses),
            "fixpoint": list(record.fixpoint),
            "converged": [list(pair) for pair in record.converged],
        }


def build_folder(root: str) -> str:
    """Return the directory of a root that holds build records, logs, unpacked sources and work directories."""
    return f"{root}/build"


def recipe_folders(root: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the existing directories of recipes: NIPSYS_RECIPES, the working directory's, the root's, those shipped with nipsys."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    places = [*environment.get("NIPSYS_RECIPES", "").split(":"), f"{os.getcwd()}/recipes", f"{root}/recipes"]
    places += [f"{package}/recipes", f"{os.path.dirname(package)}/recipes"]
    return tuple(dict.fromkeys(place for place in places if place and os.path.isdir(place)))


def mirrors(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the Debian mirrors to use: NIPSYS_DEBIAN_MIRROR, then those of this machine's apt configuration, in order."""
    named = environment.get("NIPSYS_DEBIAN_MIRROR", "").split()
    entries, _ = read_configuration(host_facts("x86_64").texts)
    return tuple(dict.fromkeys([*named, *(uri for entry in entries for uri in entry.uris)]))


def fetcher(root: str, report: Report, *, offline: bool) -> Fetch:
    """Return a function that fetches one resource into the root's downloads and returns its path."""

    def fetch(resource: Resource) -> str:
        web = OfflineWeb() if offline else Fetcher()
        try:
            (fetched,) = web.fetch((resource,), Layout(root).downloads, report)
        finally:
            if isinstance(web, Fetcher):
                web.close()
        return str(fetched.path)

    return fetch


def open_workshop(root: str, options: Options, report: Report, *, offline: bool = False, held: bool = False) -> Workshop:
    """Open the workspace in which a root builds; ``held`` means that the caller holds the root's lock."""
    folder = build_folder(root)
    trees = StoreTrees(Store(root, report=report), report, held=held)
    fetch = fetcher(root, report, offline=offline)
    return Workshop(folder, trees, Records(f"{folder}/records"), fetch, mirrors(os.environ), options, report, SystemClock().now())


def find_recipe(shelf: Shelf, target: str) -> Recipe:
    """Read the recipe at a path, or find it by name. Raise ``Rejected`` when it does not exist."""
    return shelf.open(target) if target.endswith(".kdl") or "/" in target else shelf.find(target)


def build(shop: Workshop, shelf: Shelf, target: str, flags: tuple[str, ...]) -> Built:
    """Build the recipe ``target`` (a path or a name) with flags such as ``+python``. Raise ``Rejected`` when it fails."""
    recipe = find_recipe(shelf, target)
    record = Chain(shop, shelf).build(recipe, tuple(read_flag(flag) for flag in flags))
    return Built(record, shop.trees.path(record.named()))


def build_locked(context: Site, profile: Profile, lock: Lock) -> dict[str, TreeName]:
    """Build every package that the lock takes from recipes; return the trees by package id. The caller holds the root's lock.

    Raise ``Rejected`` (kind ``request``) when a recipe, or one it depends on, differs from what was locked.
    """
    kinds = {source.name: source.kind for source in lock.sources}
    wanted = [package for package in lock.packages if kinds[package.source] == "recipes"]
    found: dict[str, TreeName] = {}
    if not wanted:
        return found
    facts = host_facts(profile.arch)
    shop = open_workshop(context.root, Options(jobs=os.cpu_count() or 1), context.report, offline=context.offline, held=True)
    folders = {spec.name: beside(str(spec.get("path")), spec, facts) for spec in profile.sources if spec.kind == "recipes"}
    shelves = {name: Shelf((folder,)) for name, folder in folders.items()}
    store = Store(context.root, report=context.report)
    for package in wanted:
        known = dict(package.facts)
        tree = store.find(known["variant"])
        if tree is None:
            tree = _built(shop, shelves[package.source], f"{folders[package.source]}/{known['recipe']}", package)
            store.disk.write(artifact_path(known["variant"]), (artifact_text(tree),))
        found[package.id] = tree
    return found


def _built(shop: Workshop, shelf: Shelf, path: str, package: LockedPackage) -> TreeName:
    """Build one locked package after checking that its recipes are the locked ones."""
    known = dict(package.facts)
    if not known["recipe"]:
        hint = f"run `nipsys build {package.name} --source={known['closure']}` on this machine"
        raise reject(
            "request", "not-built-here", f"`{package.name}` comes from a foreign tool and was not built on this machine", hint=hint
        )
    recipe = shelf.open(path)
    if closure_digest(shelf, recipe) != known["closure"]:
        hint = "run `nipsys bootstrap recipes --write-index`, then `nipsys lock`"
        raise reject("request", "recipe-changed", f"`{path}`, or a recipe it depends on, differs from what was locked", hint=hint)
    return Chain(shop, shelf).build(recipe, tuple(read_flag(flag) for flag in package.flags)).named()
