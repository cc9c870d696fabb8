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


def build_foreign(workspace: Workspace, root: str, order: ForeignRequest) -> BuildResult:
    """Build a package with the tool of its source, after its dependencies from the same repository."""
    source = choose_source(root, order)
    package = _find_category(source, repository_path(root, source, order.repository), order.package)
    flags = translate_flags(package, tuple(parse_flag_word(flag) for flag in order.flags), source, _tables())
    return _ForeignBuilder(workspace, root, source, order.repository).build(package, flags)


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

    def __init__(self, workspace: Workspace, root: str, source: str, given: str | None) -> None:
        self.workspace, self.root, self.source = workspace, root, source
        self.tool = open_driver(root, source)
        self.repository = repository_path(root, source, given)
        self.provided = find_provided(_read_user_file("package.provided")) if build_tool_of(source).host_provides else ()
        self._asked: list[str] = []
        os.makedirs(f"{workspace.folder}/work", exist_ok=True)
        os.makedirs(f"{workspace.folder}/logs", exist_ok=True)

    def build(self, package: str, flags: tuple[Flag, ...]) -> BuildResult:
        """Build ``package`` with the tool's own ``flags``, unless this build is already in the store."""
        if package in self._asked:
            cycle = " -> ".join(f"`{name}`" for name in (*self._asked, package))
            raise reject(
                "build", "build-circle", f"dependency cycle: {cycle}", hint="one of these packages must be provided by this machine"
            )
        workspace = self.workspace
        request = self._make_request(package, flags)
        recipe = self.tool.find_recipe(request)
        self._asked.append(package)
        needs = [(need, self.build(need.package, need.flags)) for need in recipe.depends]
        self._asked.pop()
        below = tuple(InputRecord(one.record.name, _role(need.runtime), one.path, one.record.key, one.record.tree) for need, one in needs)
        key = compute_variant_hash(self.source, recipe, flags, os.uname().machine, tuple(one.key for one in below))
        named = TreeName(key, recipe.name, recipe.version)
        label = " ".join([package, *(str(flag) for flag in sorted(flags, key=str))])
        request = replace(request, prefix=workspace.trees.path(named), dependency_paths=self._paths(below))
        known = workspace.records.read(key)
        if known is not None and workspace.trees.has(named) and not (workspace.options.no_cache or workspace.options.rebuild):
            _clear(request.work)
            return BuildResult(known, request.prefix)
        workspace.report(Began("build", detail=f"{label} by {self.source}"))
        return self._build_new(request, recipe, named, (label, flags, below, known))

    def _build_new(
        self,
        request: BuildRequest,
        recipe: ForeignRecipe,
        named: TreeName,
        about: tuple[str, tuple[Flag, ...], tuple[InputRecord, ...], BuildRecord | None],
    ) -> BuildResult:
        workspace, (label, flags, below, known) = self.workspace, about
        image = self._build_image(request, recipe)
        witnesses = [*(known.witnesses if known else ()), self._witness_of(request, image)]
        if workspace.options.rebuild:
            other = replace(self._make_request(request.package, flags), prefix=request.prefix, dependency_paths=request.dependency_paths)
            other = replace(other, variation=replace(choose_variation(workspace, len(witnesses)), shuffle=None))
            again = self._build_image(other, recipe)
            _compare(label, (image.path, request.work), (again.path, other.work))
            witnesses.append(self._witness_of(other, again))
            self._finish_work(other.work)
        record = self._keep(named, image, recipe, below)
        record = replace(record, label=label, flags=tuple((flag.name, flag.value) for flag in flags), witnesses=tuple(witnesses))
        workspace.records.write(record)
        assert isinstance(workspace.trees, LockedTreeStore)
        publish_build(self.root, workspace.trees.store, workspace.records, self.source, record)
        self._finish_work(request.work)
        workspace.records.set_label(label, named.digest)
        workspace.report(Ended("build", label))
        return BuildResult(record, request.prefix)

    def _make_request(self, package: str, flags: tuple[Flag, ...]) -> BuildRequest:
        options = self.workspace.options
        work = tempfile.mkdtemp(dir=f"{self.workspace.folder}/work", prefix=f"{self.source}-")
        around = choose_variation(self.workspace, 0)
        return BuildRequest(package, flags, self.repository, "", work, (), self.provided, options.engine, around)

    def _paths(self, below: tuple[InputRecord, ...]) -> tuple[str, ...]:
        """Return every tree that a build sees: its dependencies, and their runtime dependencies."""
        found = dict.fromkeys(one.mount for one in below)
        for one in below:
            record = self.workspace.records.read(one.key)
            assert record is not None
            found |= dict.fromkeys(self._paths(tuple(given for given in record.inputs if given.role == "runtime")))
        return tuple(found)

    def _build_image(self, request: BuildRequest, recipe: ForeignRecipe) -> BuiltImage:
        """Fetch the sources, then build without a network."""
        os.makedirs(distfiles_path(request), exist_ok=True)
        for resource in recipe.sources:
            shutil.copyfile(self.workspace.fetch(resource), f"{distfiles_path(request)}/{resource.role}")
        log = f"{self.workspace.folder}/logs/{recipe.name}-{recipe.version}-{time.time_ns()}.log"
        image = self.tool.build(request, recipe, log)
        normalize_tree(image.path)
        if image.missing:
            names = ", ".join(image.missing)
            self.workspace.report(
                Warned(
                    f"`{request.package}` was built with less isolation; missing: {names}",
                    "pass `--container`, or run `nipsys doctor` for the reason",
                )
            )
        return image

    def _witness_of(self, request: BuildRequest, image: BuiltImage) -> Witness:
        around = request.variation
        system = " ".join(os.uname()[place] for place in (0, 2, 4))
        digest = capture_tree(image.path).digest()
        return Witness(
            self.workspace.now, around.uid, around.jobs, False, round(image.seconds, 2), digest, image.missing, system, image.clock
        )

    def _keep(self, named: TreeName, image: BuiltImage, recipe: ForeignRecipe, below: tuple[InputRecord, ...]) -> BuildRecord:
        """Store the image under its key and record its inputs: sources are readable, the tools of this machine are trusted."""
        trees = self.workspace.trees
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
        if self.workspace.options.keep_work:
            self.workspace.report(Ended("build", f"work directory kept: {work}"))
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
