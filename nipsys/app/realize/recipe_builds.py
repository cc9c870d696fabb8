"""Build recipes: for the command line, and for the packages of a lock."""

import os
from collections.abc import Iterable, Mapping

from nipsys.app.context import Context, detect_arch
from nipsys.app.realize.recipe_index import digest_closure
from nipsys.app.sync import ProfileSources
from nipsys.builder import BuildOptions, RecipeBuilder, Workspace, parse_flag_word
from nipsys.builder.materials import Fetch
from nipsys.builder.output import BuildRecord, BuildRecords, LockedTreeStore
from nipsys.builder.recipe import RecipePath
from nipsys.effects import SystemClock
from nipsys.effects.host import read_host_facts
from nipsys.effects.web import Fetcher, OfflineWeb
from nipsys.model import Frozen, HostFacts, Layout, Reporter, reject
from nipsys.model.package import Recipe, Resource
from nipsys.model.system import LockedPackage, NamedTree, Tree, TreeName
from nipsys.sources import KINDS, host_needs_of
from nipsys.sources.common import resolve_path
from nipsys.sources.debian import read_configuration
from nipsys.store import Store, artifact_path, encode_record


class BuildResult(Frozen):
    """The result of a build."""

    record: BuildRecord
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


def build_path(root: str) -> str:
    """Return the directory of a root that holds build records, logs, unpacked sources and work directories."""
    return f"{root}/build"


def find_recipe_folders(root: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the existing directories of recipes: NIPSYS_RECIPES, the working directory's, the root's, those shipped with nipsys."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    places = [*environment.get("NIPSYS_RECIPES", "").split(":"), f"{os.getcwd()}/recipes", f"{root}/recipes"]
    places += [f"{package}/recipes", f"{os.path.dirname(package)}/recipes"]
    return tuple(dict.fromkeys(place for place in places if place and os.path.isdir(place)))


def list_mirrors(environment: Mapping[str, str], host: HostFacts | None = None) -> tuple[str, ...]:
    """Return the Debian mirrors to use: NIPSYS_DEBIAN_MIRROR, then those of the apt configuration of ``host`` (this machine), in order."""
    named = environment.get("NIPSYS_DEBIAN_MIRROR", "").split()
    entries, _ = read_configuration((host or read_host_facts(detect_arch(), host_needs_of(KINDS))).config_files)
    return tuple(dict.fromkeys([*named, *(uri for entry in entries for uri in entry.uris)]))


def make_fetcher(root: str, report: Reporter, *, offline: bool) -> Fetch:
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


def open_workspace(
    root: str, options: BuildOptions, report: Reporter, *, offline: bool = False, held: bool = False, host: HostFacts | None = None
) -> Workspace:
    """Open the workspace in which a root builds; ``held`` means that the caller holds the root's lock.

    ``host`` are the facts of this machine, if the caller has read them.
    """
    folder = build_path(root)
    trees = LockedTreeStore(Store(root, report=report), report, held=held)
    fetch = make_fetcher(root, report, offline=offline)
    mirrors = list_mirrors(os.environ, host)
    return Workspace(folder, trees, BuildRecords(f"{folder}/records"), fetch, mirrors, options, report, SystemClock().now())


def find_recipe(recipe_path: RecipePath, target: str) -> Recipe:
    """Read the recipe at a path, or find it by name. Raise ``Rejected`` when it does not exist."""
    return recipe_path.load(target) if target.endswith(".kdl") or "/" in target else recipe_path.find(target)


def build_recipe(workspace: Workspace, recipe_path: RecipePath, target: str, flags: tuple[str, ...]) -> BuildResult:
    """Build the recipe ``target`` (a path or a name) with flags such as ``+python``. Raise ``Rejected`` when it fails."""
    recipe = find_recipe(recipe_path, target)
    record = RecipeBuilder(workspace, recipe_path).build(recipe, tuple(parse_flag_word(flag) for flag in flags))
    return BuildResult(record, workspace.trees.path(record.tree_name()))


def build_locked(context: Context, store: Store, sources: ProfileSources, packages: Iterable[LockedPackage]) -> dict[str, NamedTree]:
    """Build packages of a lock that come from recipes; return the trees by package id. The caller holds the root's lock.

    Raise ``Rejected`` (kind ``request``) when a recipe, or one it depends on, differs from what was locked.
    """
    options = BuildOptions(jobs=os.cpu_count() or 1)
    workspace = open_workspace(context.root, options, context.report, offline=context.offline, held=True, host=sources.host)
    specs = {spec.name: spec for spec in sources.profile.sources}
    found: dict[str, NamedTree] = {}
    for package in packages:
        known, spec = dict(package.facts), specs[package.source]
        folder = resolve_path(str(spec.get("path")), spec, sources.host)
        name = _build_package(workspace, RecipePath((folder,)), f"{folder}/{known['recipe']}", package)
        store.disk.write(artifact_path(known["variant"]), (encode_record(name),))
        found[package.id] = NamedTree(name, _require_manifest(store, name))
    return found


def _require_manifest(store: Store, name: TreeName) -> Tree:
    tree = store.read_manifest(name)
    if tree is None:
        raise reject("store", "damaged-tree", f"the manifest of `{name.directory}` is missing", hint="run `nipsys verify --repair`")
    return tree


def _build_package(workspace: Workspace, recipe_path: RecipePath, path: str, package: LockedPackage) -> TreeName:
    """Build one locked package after checking that its recipes are the locked ones."""
    known = dict(package.facts)
    if not known["recipe"]:
        hint = f"run `nipsys build {package.name} --source={known['closure']}` on this machine"
        raise reject(
            "request", "not-built-here", f"`{package.name}` comes from a foreign tool and was not built on this machine", hint=hint
        )
    recipe = recipe_path.load(path)
    if digest_closure(recipe_path, recipe) != known["closure"]:
        hint = "run `nipsys bootstrap recipes --write-index`, then `nipsys lock`"
        raise reject("request", "recipe-changed", f"`{path}`, or a recipe it depends on, differs from what was locked", hint=hint)
    return RecipeBuilder(workspace, recipe_path).build(recipe, tuple(parse_flag_word(flag) for flag in package.flags)).tree_name()
