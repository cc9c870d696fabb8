"""One build: materials made ready, the sandbox entered, the result checked, kept and recorded."""

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping

from nipsys.builder.materials.prepare import Fetch, Ready, prepare
from nipsys.builder.output.capture import capture, first_difference, normalise
from nipsys.builder.output.checks import check_expected, check_output
from nipsys.builder.output.failure import failed, traces
from nipsys.builder.output.provenance import InputRecord, MaterialRecord, Record, Records, Witness
from nipsys.builder.output.tree_store import Trees
from nipsys.builder.recipe.concretize import Concrete
from nipsys.builder.sandbox.job import Circumstances, Job, Mount, Outcome, enter
from nipsys.model.event import Began, Ended, Report, Warned
from nipsys.model.package.recipe import Input, Link, Write
from nipsys.model.problem import Problem, Rejected
from nipsys.model.system.tree import File, Tree
from nipsys.model.value import Frozen, replace

_CLOCK = 400 * 86400
"""Seconds between the clocks of one build and the next: another day, month and year."""


class Options(Frozen):
    """What the user wants of builds."""

    jobs: int = 1
    keep_work: bool = False
    rebuild: bool = False
    """Build what was asked for again, and compare."""
    no_cache: bool = False
    """Take nothing from earlier builds."""
    diverse: bool = True
    """Try every seed that a recipe names."""
    seeds: tuple[str, ...] = ()
    """Further values of a recipe's seed variant to compare, beside those it names."""
    engine: str = ""
    """Path of Podman or Docker: builds run in a container of it."""


class Workshop(Frozen):
    """Where builds happen and what they share."""

    folder: str
    """``R/build``: records, logs, unpacked sources, work directories."""
    trees: Trees
    records: Records
    fetch: Fetch
    mirrors: tuple[str, ...]
    options: Options
    report: Report
    now: str
    """The time to write into records."""


class _Result(Frozen):
    tree: Tree
    folder: str
    work: str
    outcome: Outcome
    references: tuple[str, ...]
    dynamic: tuple[str, ...]
    circumstances: Circumstances


def build_one(shop: Workshop, concrete: Concrete, inputs: Mapping[str, Record], *, again: bool = False) -> Record:
    """Build one concrete recipe out of ``inputs`` (by name); a known result is taken from the records unless ``again``."""
    key = concrete.key({_mount(given): [inputs[given.name].tree, inputs[given.name].exports] for given in concrete.branch.inputs})
    known = shop.records.get(key)
    if known is not None and shop.trees.has(known.named()) and not shop.options.no_cache:
        return _witness(shop, concrete, inputs, known) if again else known
    shop.report(Began("build", detail=concrete.label()))
    ready = _materials(shop, concrete)
    first = _run(shop, concrete, inputs, ready, circumstances(shop, 0))
    witnesses = [_seen(shop, first)]
    for number in range(1, max(concrete.recipe.rebuild, 2 if again else 1)):
        other = _run(shop, concrete, inputs, ready, circumstances(shop, number))
        _compare(shop, concrete, first, other)
        witnesses.append(_seen(shop, other))
    named = shop.trees.keep(first.folder, first.tree, concrete.recipe.name, concrete.recipe.version)
    _clear(shop, first.work)
    record = _record(concrete, key, first, ready, inputs)
    record = replace(
        record, directory=named.directory, witnesses=(*(known.witnesses if known and known.tree == record.tree else ()), *witnesses)
    )
    shop.records.put(record)
    shop.report(Ended("build", f"{concrete.label()} {first.outcome.seconds:.1f} s"))
    return record


def circumstances(shop: Workshop, number: int) -> Circumstances:
    """Vary what must not matter: user id, number of jobs, host name, order of directories, clock (the work path differs by itself).

    The build with number 0 has none of it.
    """
    jobs = shop.options.jobs + number
    if not number:
        return Circumstances(jobs=jobs)
    return Circumstances(uid=4242 + number, jobs=jobs, host=f"other-{number}", shuffle=number, clock=number * _CLOCK)


def _mount(given: Input) -> str:
    return given.mount or f"/store/{given.name}"


def _materials(shop: Workshop, concrete: Concrete) -> list[Ready]:
    problems: list[Problem] = []
    ready: list[Ready] = []
    kind = "build"
    for material in concrete.branch.materials:
        try:
            ready.append(prepare(concrete.recipe, material, f"{shop.folder}/sources", shop.mirrors, shop.fetch))
        except Rejected as rejected:
            problems += rejected.problems
            kind = rejected.kind
    if problems:
        raise Rejected(problems, "source" if kind == "source" else "build")
    return ready


def _run(shop: Workshop, concrete: Concrete, inputs: Mapping[str, Record], ready: list[Ready], circumstances: Circumstances) -> _Result:
    os.makedirs(f"{shop.folder}/work", exist_ok=True)
    prefix = "b" * (1 + (circumstances.shuffle or 0)) + "-"
    work = tempfile.mkdtemp(dir=f"{shop.folder}/work", prefix=prefix)
    os.makedirs(f"{work}/out")
    job = _job(shop, concrete, inputs, ready, work)
    job = replace(job, circumstances=circumstances, engine=shop.options.engine)
    outcome = enter(job)
    log = _keep_log(shop, concrete, outcome.log)
    if outcome.status != "done":
        raise failed(concrete, job, outcome, work, log)
    if outcome.missing:
        names = ", ".join(outcome.missing)
        shop.report(Warned(f"`{concrete.label()}` was built with less isolation; missing: {names}", "`nipsys doctor` tells why"))
    normalise(f"{work}/out")
    tree = capture(f"{work}/out")
    problems, references, dynamic = check_output(concrete, f"{work}/out", tree, work)
    if not concrete.recipe.circles:  # what a circle gives on the way is not yet what it promises
        problems += check_expected(concrete, tree.digest())
    if problems:
        notes = (*traces(outcome.log, log), f"work directory kept: {work}")
        raise Rejected([replace(problem, notes=(*problem.notes, *notes)) for problem in problems], "build")
    return _Result(tree, f"{work}/out", work, outcome, references, dynamic, circumstances)


def _job(shop: Workshop, concrete: Concrete, inputs: Mapping[str, Record], ready: list[Ready], work: str) -> Job:
    """Describe the sandbox: sources, inputs, the place of the result.

    An input that stands where the result will be used (an older self) keeps that place; the result is then written elsewhere.
    """
    recipe, branch = concrete.recipe, concrete.branch
    places = {_mount(given): shop.trees.path(inputs[given.name].named()) for given in branch.inputs}
    out = "/.result" if recipe.out in places else recipe.out
    mounts = [Mount(f"/src/{one.material.name}", one.path, "ro") for one in ready]
    mounts += [Mount(place, origin, "ro") for place, origin in places.items()]
    mounts.append(Mount(out, f"{work}/out", "keep"))
    links = {link.path: link for given in branch.inputs for link in _exports(inputs[given.name])}
    links |= {link.path: link for link in branch.links}
    return Job(work, out, tuple(mounts), tuple(links.values()), branch.env, (*concrete.steps, *branch.test), seconds=recipe.seconds)


def _exports(record: Record) -> list[Link]:
    return [Link(path, target) for path, target in record.exports]


def _keep_log(shop: Workshop, concrete: Concrete, log: str) -> str:
    os.makedirs(f"{shop.folder}/logs", exist_ok=True)
    kept = f"{shop.folder}/logs/{concrete.recipe.name}-{concrete.recipe.version}-{time.time_ns()}.log"
    shutil.copyfile(log, kept)
    return kept


def _compare(shop: Workshop, concrete: Concrete, first: _Result, other: _Result) -> None:
    """Refuse a result that another build does not give; the work of both is kept."""
    difference = first_difference(first.tree, other.tree)
    if not difference:
        _clear(shop, other.work)
        return
    kept = f"work directories kept: {first.work} and {other.work}"
    raise Rejected(
        (
            Problem(
                "build-not-reproducible",
                f"two builds of `{concrete.label()}` differ",
                concrete.recipe.span,
                (f"first difference: {difference}", *traces(other.outcome.log, f"{other.work}/log"), kept),
                "look for times, random names, the order of directories, the number of jobs or the user in the file",
            ),
        ),
        "build",
    )


def _clear(shop: Workshop, work: str) -> None:
    if shop.options.keep_work:
        shop.report(Ended("build", f"work directory kept: {work}"))
        return
    for top, _, _ in os.walk(work):
        os.chmod(top, 0o700)
    shutil.rmtree(work)


def _witness(shop: Workshop, concrete: Concrete, inputs: Mapping[str, Record], known: Record) -> Record:
    """Build again what is known, under other circumstances, and compare with the tree that is kept."""
    other = _run(shop, concrete, inputs, _materials(shop, concrete), circumstances(shop, len(known.witnesses)))
    kept = _Result(capture(shop.trees.path(known.named())), "", shop.trees.path(known.named()), other.outcome, (), (), other.circumstances)
    _compare(shop, concrete, kept, other)
    return shop.records.witness(known.key, _seen(shop, other))


def _seen(shop: Workshop, result: _Result) -> Witness:
    around = result.circumstances
    shuffled = around.shuffle is not None
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    digest = result.tree.digest()
    outcome = result.outcome
    seconds = round(outcome.seconds, 2)
    return Witness(shop.now, around.uid, around.jobs, shuffled, seconds, digest, outcome.missing, system, outcome.clock)


def _record(concrete: Concrete, key: str, result: _Result, ready: list[Ready], inputs: Mapping[str, Record]) -> Record:
    recipe, tree = concrete.recipe, result.tree
    return Record(
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
        recipe_bytes=_recipe_bytes(concrete),
        materials=tuple(_material(one) for one in ready),
        inputs=tuple(
            InputRecord(given.name, given.role, _mount(given), inputs[given.name].key, inputs[given.name].tree)
            for given in concrete.branch.inputs
        ),
        exports=tuple((link.path, link.target) for link in concrete.branch.exports),
        generated=result.outcome.generated,
        references=result.references,
        dynamic=result.dynamic,
        executed=result.outcome.executed,
    )


def _recipe_bytes(concrete: Concrete) -> int:
    path = f"{concrete.recipe.folder}/{concrete.recipe.name}.kdl"
    return os.path.getsize(path) if os.path.exists(path) else 0


def _material(one: Ready) -> MaterialRecord:
    material, facts = one.material, one.facts
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
