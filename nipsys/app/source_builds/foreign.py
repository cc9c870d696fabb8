"""Build a package from source with a foreign tool (Portage, Nix, bmake), and store the tree like any other."""

import glob
import os
import shutil
import tempfile
import time

from nipsys.app.realize import BuildResult
from nipsys.app.source_builds.drivers import ForeignRequest, choose_source, open_driver, repository_path
from nipsys.app.source_builds.published import publish_build
from nipsys.builder import Workspace, choose_variation, parse_flag_word
from nipsys.builder.foreign import (
    DEFAULT_MAPPINGS,
    BuildRequest,
    BuiltImage,
    FlagMappings,
    ForeignRecipe,
    build_tool_of,
    compute_variant_hash,
    distfiles_path,
    find_provided,
    parse_mappings,
    translate_flags,
)
from nipsys.builder.output import (
    BuildRecord,
    InputRecord,
    LockedTreeStore,
    MaterialRecord,
    Witness,
    capture_tree,
    describe_difference,
    find_texts,
    libc_of,
    normalize_tree,
)
from nipsys.model import Began, Ended, Problem, Rejected, Warned, reject, replace
from nipsys.model.system import File, Flag, TreeName

_BASE = "built by this machine's compiler and programs (/usr, read-only): part of the host's trusted base, not pinned"


def build_foreign(shop: Workspace, root: str, order: ForeignRequest) -> BuildResult:
    """Build a package with the tool of its source, after its dependencies from the same repository."""
    source = choose_source(root, order)
    package = _find_category(source, repository_path(root, source, order.repository), order.package)
    flags = translate_flags(package, tuple(parse_flag_word(flag) for flag in order.flags), source, _tables())
    return _ForeignBuilder(shop, root, source, order.repository).build(package, flags)


def _find_category(source: str, folder: str, package: str) -> str:
    """Return a package with its category. A bare name is looked up in the repository, where it must be in one category only."""
    if "/" in package or not build_tool_of(source).categories:
        return package
    found = sorted(os.path.relpath(path, folder) for path in glob.glob(f"{glob.escape(folder)}/*/{glob.escape(package)}/"))
    if len(found) > 1:
        raise reject(
            "request", "many-packages", f"`{package}` is ambiguous: " + ", ".join(f"`{one}`" for one in found), hint="add the category"
        )
    return found[0] if found else package


class _ForeignBuilder:
    """Builds packages of one repository with one tool."""

    def __init__(self, shop: Workspace, root: str, source: str, given: str | None) -> None:
        self.shop, self.root, self.source = shop, root, source
        self.tool = open_driver(root, source)
        self.repository = repository_path(root, source, given)
        self.provided = find_provided(_read_user_file("package.provided")) if build_tool_of(source).host_provides else ()
        self._asked: list[str] = []
        os.makedirs(f"{shop.folder}/work", exist_ok=True)
        os.makedirs(f"{shop.folder}/logs", exist_ok=True)

    def build(self, package: str, flags: tuple[Flag, ...]) -> BuildResult:
        """Build ``package`` with the tool's own ``flags``, unless this build is already in the store."""
        if package in self._asked:
            cycle = " -> ".join(f"`{name}`" for name in (*self._asked, package))
            raise reject(
                "build", "build-circle", f"dependency cycle: {cycle}", hint="one of these packages must be provided by this machine"
            )
        shop = self.shop
        wish = self._wish(package, flags)
        recipe = self.tool.find_recipe(wish)
        self._asked.append(package)
        needs = [(need, self.build(need.package, need.flags)) for need in recipe.depends]
        self._asked.pop()
        below = tuple(InputRecord(one.record.name, _role(need.runtime), one.path, one.record.key, one.record.tree) for need, one in needs)
        key = compute_variant_hash(self.source, recipe, flags, os.uname().machine, tuple(one.key for one in below))
        named = TreeName(key, recipe.name, recipe.version)
        label = " ".join([package, *(str(flag) for flag in sorted(flags, key=str))])
        wish = replace(wish, prefix=shop.trees.path(named), dependency_paths=self._paths(below))
        known = shop.records.read(key)
        if known is not None and shop.trees.has(named) and not (shop.options.no_cache or shop.options.rebuild):
            _clear(wish.work)
            return BuildResult(known, wish.prefix)
        shop.report(Began("build", detail=f"{label} by {self.source}"))
        return self._build_new(wish, recipe, named, (label, flags, below, known))

    def _build_new(
        self,
        wish: BuildRequest,
        recipe: ForeignRecipe,
        named: TreeName,
        about: tuple[str, tuple[Flag, ...], tuple[InputRecord, ...], BuildRecord | None],
    ) -> BuildResult:
        shop, (label, flags, below, known) = self.shop, about
        image = self._build_image(wish, recipe)
        witnesses = [*(known.witnesses if known else ()), self._witness_of(wish, image)]
        if shop.options.rebuild:
            other = replace(self._wish(wish.package, flags), prefix=wish.prefix, dependency_paths=wish.dependency_paths)
            other = replace(other, variation=replace(choose_variation(shop, len(witnesses)), shuffle=None))
            again = self._build_image(other, recipe)
            _compare(label, (image.path, wish.work), (again.path, other.work))
            witnesses.append(self._witness_of(other, again))
            self._finish_work(other.work)
        record = self._keep(named, image, recipe, below)
        record = replace(record, label=label, flags=tuple((flag.name, flag.value) for flag in flags), witnesses=tuple(witnesses))
        shop.records.write(record)
        assert isinstance(shop.trees, LockedTreeStore)
        publish_build(self.root, shop.trees.store, shop.records, self.source, record)
        self._finish_work(wish.work)
        shop.records.set_label(label, named.digest)
        shop.report(Ended("build", label))
        return BuildResult(record, wish.prefix)

    def _wish(self, package: str, flags: tuple[Flag, ...]) -> BuildRequest:
        options = self.shop.options
        work = tempfile.mkdtemp(dir=f"{self.shop.folder}/work", prefix=f"{self.source}-")
        around = choose_variation(self.shop, 0)
        return BuildRequest(package, flags, self.repository, "", work, (), self.provided, options.engine, around)

    def _paths(self, below: tuple[InputRecord, ...]) -> tuple[str, ...]:
        """Return every tree that a build sees: its dependencies, and their runtime dependencies."""
        found = dict.fromkeys(one.mount for one in below)
        for one in below:
            record = self.shop.records.read(one.key)
            assert record is not None
            found |= dict.fromkeys(self._paths(tuple(given for given in record.inputs if given.role == "runtime")))
        return tuple(found)

    def _build_image(self, wish: BuildRequest, recipe: ForeignRecipe) -> BuiltImage:
        """Fetch the sources, then build without a network."""
        os.makedirs(distfiles_path(wish), exist_ok=True)
        for resource in recipe.sources:
            shutil.copyfile(self.shop.fetch(resource), f"{distfiles_path(wish)}/{resource.role}")
        log = f"{self.shop.folder}/logs/{recipe.name}-{recipe.version}-{time.time_ns()}.log"
        image = self.tool.build(wish, recipe, log)
        normalize_tree(image.path)
        if image.missing:
            names = ", ".join(image.missing)
            self.shop.report(
                Warned(
                    f"`{wish.package}` was built with less isolation; missing: {names}",
                    "pass `--container`, or run `nipsys doctor` for the reason",
                )
            )
        return image

    def _witness_of(self, wish: BuildRequest, image: BuiltImage) -> Witness:
        around = wish.variation
        system = " ".join(os.uname()[place] for place in (0, 2, 4))
        digest = capture_tree(image.path).digest()
        return Witness(self.shop.now, around.uid, around.jobs, False, round(image.seconds, 2), digest, image.missing, system, image.clock)

    def _keep(self, named: TreeName, image: BuiltImage, recipe: ForeignRecipe, below: tuple[InputRecord, ...]) -> BuildRecord:
        """Store the image under its key and record its inputs: sources are readable, the tools of this machine are trusted."""
        trees = self.shop.trees
        assert isinstance(trees, LockedTreeStore)
        trees.add_as(image.path, named)
        path = trees.path(named)
        tree = capture_tree(path)
        files = " ".join(f"{name}={digest[:12]}" for name, digest in recipe.identity)
        tool = MaterialRecord(f"{self.source} tools", "host", True, "", 0, f"{_BASE}; {files}", 0, 0, 0, 0, 0, 0, 0)
        sources = tuple(
            MaterialRecord(one.role, "archive", False, (one.digest or "").partition(":")[2], one.size or 0, "", 0, 0, 0, 0, 0, 0, 0)
            for one in recipe.sources
        )
        held = find_texts(path, [one.mount for one in below])
        return BuildRecord(
            key=named.digest,
            name=recipe.name,
            version=recipe.version,
            passname=self.source,
            label="",
            flags=(),
            libc=libc_of(path)[0],
            arch=os.uname().machine,
            tree=named.digest,
            directory=named.directory,
            size=tree.size,
            files=sum(isinstance(entry, File) for entry in tree.entries),
            recipe_bytes=0,
            materials=(tool, *sources),
            inputs=below,
            exports=(),
            generated=(),
            references=tuple(held),
            dynamic=(),
            executed=0,
        )

    def _finish_work(self, work: str) -> None:
        if self.shop.options.keep_work:
            self.shop.report(Ended("build", f"work directory kept: {work}"))
        else:
            _clear(work)


def _compare(label: str, first: tuple[str, str], other: tuple[str, str]) -> None:
    """Refuse an image that a second build does not reproduce; the work directories of both are kept."""
    difference = describe_difference(capture_tree(first[0]), capture_tree(other[0]))
    if difference:
        notes = (f"first difference: {difference}", f"work directories kept: {first[1]} and {other[1]}")
        hint = "look for timestamps, random names, the number of jobs or the user name in the file"
        raise Rejected((Problem("build-not-reproducible", f"two builds of `{label}` differ", None, notes, hint),), "build")


def _role(runs: bool) -> str:  # noqa: FBT001 - a fact about a dependency, not an option
    return "runtime" if runs else "tool"


def _clear(work: str) -> None:
    shutil.rmtree(work, ignore_errors=True)


def _tables() -> tuple[FlagMappings, ...]:
    text = _read_user_file("variant-mappings.json")
    return (parse_mappings("variant-mappings.json", text), DEFAULT_MAPPINGS) if text else (DEFAULT_MAPPINGS,)


def _read_user_file(name: str) -> str:
    """Read a file of the user's configuration; empty when it does not exist."""
    try:
        with open(os.path.expanduser(f"~/.config/nipsys/{name}"), encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return ""
