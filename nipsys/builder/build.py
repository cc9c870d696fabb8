"""Build one concrete recipe: prepare its materials, run its steps in the sandbox, check the result, store and record it."""

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping

from nipsys.builder.materials import Fetch, PreparedMaterial, prepare_material
from nipsys.builder.output import (
    BuildRecord,
    BuildRecords,
    InputRecord,
    MaterialRecord,
    TreeStore,
    Witness,
    capture_tree,
    check_expected,
    check_output,
    describe_difference,
    describe_failure,
    normalize_tree,
    quote_log,
)
from nipsys.builder.recipe import ConcreteRecipe
from nipsys.builder.sandbox import Job, Mount, Outcome, Variation, run_in_sandbox
from nipsys.model import Began, Ended, Frozen, Problem, Rejected, Reporter, Warned, replace
from nipsys.model.package import Input, Link, Write
from nipsys.model.system import File, Tree

_CLOCK_STEP = 400 * 86400
"""Seconds by which the clock of each repetition is ahead of the one before: another day, month and year."""


class BuildOptions(Frozen):
    """How to build, as the user asked."""

    jobs: int = 1
    keep_work: bool = False
    rebuild: bool = False
    """Build the requested recipe again and compare the results."""
    no_cache: bool = False
    """Do not reuse the results of earlier builds."""
    diverse: bool = True
    """Bootstrap from every seed that a recipe names and compare the results."""
    seeds: tuple[str, ...] = ()
    """More values of a recipe's seed variant to compare, in addition to those it names."""
    engine: str = ""
    """Path of Podman or Docker; when it is set, builds run in a container."""


class Workspace(Frozen):
    """The directories, options and services that all builds share."""

    folder: str
    """``R/build``: records, logs, unpacked sources, work directories."""
    trees: TreeStore
    records: BuildRecords
    fetch: Fetch
    mirrors: tuple[str, ...]
    options: BuildOptions
    report: Reporter
    now: str
    """The time to write into records, in ISO 8601."""


class _BuildResult(Frozen):
    tree: Tree
    folder: str
    work: str
    outcome: Outcome
    references: tuple[str, ...]
    dynamic: tuple[str, ...]
    variation: Variation


def build_concrete(
    workspace: Workspace, concrete: ConcreteRecipe, inputs: Mapping[str, BuildRecord], *, again: bool = False
) -> BuildRecord:
    """Build one concrete recipe from ``inputs`` (records by input name).

    A recorded result is reused. With ``again`` it is built once more and compared; the record gains a witness.
    ``Rejected`` when a material is unavailable, a step fails, the result breaks a rule or two builds differ.
    """
    key = concrete.variant_hash(
        {_mount_path(given): [inputs[given.name].tree, inputs[given.name].exports] for given in concrete.branch.inputs}
    )
    known = workspace.records.read(key)
    if known is not None and workspace.trees.has(known.tree_name()) and not workspace.options.no_cache:
        return _rebuild_witness(workspace, concrete, inputs, known) if again else known
    workspace.report(Began("build", detail=concrete.label()))
    ready = _prepare_materials(workspace, concrete)
    first = _run_build(workspace, concrete, inputs, ready, choose_variation(workspace, 0))
    witnesses = [_to_witness(workspace, first)]
    for number in range(1, max(concrete.recipe.rebuild, 2 if again else 1)):
        other = _run_build(workspace, concrete, inputs, ready, choose_variation(workspace, number))
        _check_reproducible(workspace, concrete, first, other)
        witnesses.append(_to_witness(workspace, other))
    named = workspace.trees.add(first.folder, first.tree, concrete.recipe.name, concrete.recipe.version)
    _remove_work(workspace, first.work)
    record = _to_record(concrete, key, first, ready, inputs)
    record = replace(
        record, directory=named.directory, witnesses=(*(known.witnesses if known and known.tree == record.tree else ()), *witnesses)
    )
    workspace.records.write(record)
    workspace.report(Ended("build", f"{concrete.label()} {first.outcome.seconds:.1f} s"))
    return record


def choose_variation(workspace: Workspace, number: int) -> Variation:
    """Choose what to vary in repetition ``number``: user id, jobs, host name, directory order and clock.

    None of these may change the result. Number 0 varies nothing. The path of the work directory always differs.
    """
    jobs = workspace.options.jobs + number
    if not number:
        return Variation(jobs=jobs)
    return Variation(uid=4242 + number, jobs=jobs, host=f"other-{number}", shuffle=number, clock=number * _CLOCK_STEP)


def _mount_path(given: Input) -> str:
    return given.mount or f"/store/{given.name}"


def _prepare_materials(workspace: Workspace, concrete: ConcreteRecipe) -> list[PreparedMaterial]:
    problems: list[Problem] = []
    ready: list[PreparedMaterial] = []
    kind = "build"
    for material in concrete.branch.materials:
        try:
            ready.append(prepare_material(concrete.recipe, material, f"{workspace.folder}/sources", workspace.mirrors, workspace.fetch))
        except Rejected as rejected:
            problems += rejected.problems
            kind = rejected.kind
    if problems:
        raise Rejected(problems, "source" if kind == "source" else "build")
    return ready


def _run_build(
    workspace: Workspace, concrete: ConcreteRecipe, inputs: Mapping[str, BuildRecord], ready: list[PreparedMaterial], variation: Variation
) -> _BuildResult:
    os.makedirs(f"{workspace.folder}/work", exist_ok=True)
    prefix = "b" * (1 + (variation.shuffle or 0)) + "-"
    work = tempfile.mkdtemp(dir=f"{workspace.folder}/work", prefix=prefix)
    os.makedirs(f"{work}/out")
    job = _describe_job(workspace, concrete, inputs, ready, work)
    job = replace(job, variation=variation, engine=workspace.options.engine)
    outcome = run_in_sandbox(job)
    log = _keep_log(workspace, concrete, outcome.log)
    if outcome.status != "done":
        raise describe_failure(concrete, job, outcome, work, log)
    if outcome.missing:
        names = ", ".join(outcome.missing)
        workspace.report(Warned(f"`{concrete.label()}` was built with less isolation; missing: {names}", "`nipsys doctor` explains why"))
    normalize_tree(f"{work}/out")
    tree = capture_tree(f"{work}/out")
    problems, references, dynamic = check_output(concrete, f"{work}/out", tree, work)
    if not concrete.recipe.is_cyclic:  # only the last round of a fixpoint gives the promised tree
        problems += check_expected(concrete, tree.digest())
    if problems:
        notes = (*quote_log(outcome.log, log), f"work directory kept: {work}")
        raise Rejected([replace(problem, notes=(*problem.notes, *notes)) for problem in problems], "build")
    return _BuildResult(tree, f"{work}/out", work, outcome, references, dynamic, variation)


def _describe_job(
    workspace: Workspace, concrete: ConcreteRecipe, inputs: Mapping[str, BuildRecord], ready: list[PreparedMaterial], work: str
) -> Job:
    """Describe the sandbox: sources, inputs and the output directory.

    An input mounted at the output path (an older build of the same recipe) keeps that path; the result is then written elsewhere.
    """
    recipe, branch = concrete.recipe, concrete.branch
    places = {_mount_path(given): workspace.trees.path(inputs[given.name].tree_name()) for given in branch.inputs}
    out = "/.result" if recipe.out in places else recipe.out
    mounts = [Mount(f"/src/{one.material.name}", one.path, "ro") for one in ready]
    mounts += [Mount(place, origin, "ro") for place, origin in places.items()]
    mounts.append(Mount(out, f"{work}/out", "keep"))
    links = {link.path: link for given in branch.inputs for link in _export_links(inputs[given.name])}
    links |= {link.path: link for link in branch.links}
    return Job(work, out, tuple(mounts), tuple(links.values()), branch.env, (*concrete.steps, *branch.test), time_limit=recipe.seconds)


def _export_links(record: BuildRecord) -> list[Link]:
    return [Link(path, target) for path, target in record.exports]


def _keep_log(workspace: Workspace, concrete: ConcreteRecipe, log: str) -> str:
    os.makedirs(f"{workspace.folder}/logs", exist_ok=True)
    kept = f"{workspace.folder}/logs/{concrete.recipe.name}-{concrete.recipe.version}-{time.time_ns()}.log"
    shutil.copyfile(log, kept)
    return kept


def _check_reproducible(workspace: Workspace, concrete: ConcreteRecipe, first: _BuildResult, other: _BuildResult) -> None:
    """Raise ``Rejected`` when two builds differ; the work directories of both are kept."""
    difference = describe_difference(first.tree, other.tree)
    if not difference:
        _remove_work(workspace, other.work)
        return
    kept = f"work directories kept: {first.work} and {other.work}"
    raise Rejected(
        (
            Problem(
                "build-not-reproducible",
                f"two builds of `{concrete.label()}` differ",
                concrete.recipe.span,
                (f"first difference: {difference}", *quote_log(other.outcome.log, f"{other.work}/log"), kept),
                "look in the file for timestamps, random names, directory order, the number of jobs or the user name",
            ),
        ),
        "build",
    )


def _remove_work(workspace: Workspace, work: str) -> None:
    if workspace.options.keep_work:
        workspace.report(Ended("build", f"work directory kept: {work}"))
        return
    for top, _, _ in os.walk(work):
        os.chmod(top, 0o700)
    shutil.rmtree(work)


def _rebuild_witness(workspace: Workspace, concrete: ConcreteRecipe, inputs: Mapping[str, BuildRecord], known: BuildRecord) -> BuildRecord:
    """Build a recorded recipe again under varied conditions and compare it with the stored tree."""
    other = _run_build(
        workspace, concrete, inputs, _prepare_materials(workspace, concrete), choose_variation(workspace, len(known.witnesses))
    )
    kept = _BuildResult(
        capture_tree(workspace.trees.path(known.tree_name())),
        "",
        workspace.trees.path(known.tree_name()),
        other.outcome,
        (),
        (),
        other.variation,
    )
    _check_reproducible(workspace, concrete, kept, other)
    return workspace.records.add_witness(known.key, _to_witness(workspace, other))


def _to_witness(workspace: Workspace, result: _BuildResult) -> Witness:
    variation = result.variation
    shuffled = variation.shuffle is not None
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    digest = result.tree.digest()
    outcome = result.outcome
    seconds = round(outcome.seconds, 2)
    return Witness(workspace.now, variation.uid, variation.jobs, shuffled, seconds, digest, outcome.missing, system, outcome.clock)


def _to_record(
    concrete: ConcreteRecipe, key: str, result: _BuildResult, ready: list[PreparedMaterial], inputs: Mapping[str, BuildRecord]
) -> BuildRecord:
    recipe, tree = concrete.recipe, result.tree
    return BuildRecord(
        key=key,
        name=recipe.name,
        version=recipe.version,
        passname=recipe.passname,
        label=concrete.label(),
        flags=concrete.flags,
        libc=recipe.libc or dict(concrete.flags).get("libc", ""),
        arch=recipe.arch,
        tree=tree.digest(),
        directory="",
        size=tree.size,
        files=sum(isinstance(entry, File) for entry in tree.entries),
        recipe_bytes=_recipe_size(concrete),
        materials=tuple(_to_material_record(one) for one in ready),
        inputs=tuple(
            InputRecord(given.name, given.role, _mount_path(given), inputs[given.name].key, inputs[given.name].tree)
            for given in concrete.branch.inputs
        ),
        exports=tuple((link.path, link.target) for link in concrete.branch.exports),
        generated=result.outcome.generated,
        references=result.references,
        dynamic=result.dynamic,
        executed=result.outcome.executed,
    )


def _recipe_size(concrete: ConcreteRecipe) -> int:
    path = f"{concrete.recipe.folder}/{concrete.recipe.name}.kdl"
    return os.path.getsize(path) if os.path.exists(path) else 0


def _to_material_record(one: PreparedMaterial) -> MaterialRecord:
    material, facts = one.material, one.stats
    patches = sum(
        len(change.text) if isinstance(change, Write) else sum(len(each.old) + len(each.new) for each in change.replacements)
        for change in material.changes
    )
    return MaterialRecord(
        material.name,
        material.kind,
        material.opaque,
        one.sha256,
        one.size,
        material.reason,
        facts.files,
        facts.bytes,
        facts.binary_files,
        facts.binary_bytes,
        facts.generated_files,
        facts.generated_bytes,
        patches,
    )
