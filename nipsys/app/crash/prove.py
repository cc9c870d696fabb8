"""Try every crash of a plan on a simulated disk.

The operations run on a disk in memory and are killed before each of their effects. The root is then checked twice: as the next process
finds it, and as a power cut leaves it, with any subset of the effects that were not synced. Each such state must be the complete old or
the complete new system; what was acknowledged must have survived; and the next run must reach the new system.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Literal

from nipsys.app.context import Context
from nipsys.app.crash.miniature import build_model
from nipsys.app.crash.operations import RootOperation, list_operations
from nipsys.effects.disk import Disk, FaultPlan, FaultyDisk, Killed, SimulatedDisk
from nipsys.generation import SHARED_LINKS, Generations
from nipsys.generation.links import compose_farm
from nipsys.model import Frozen, Rejected, blake3_of, reject, to_canonical_json
from nipsys.store import ARTIFACTS, MANIFESTS, NEW_PREFIX, STORE, Store
from nipsys.store.maintenance import verify_trees

RootState = tuple[object, ...]


class BadState(Frozen):
    """A state that violates the guarantee."""

    verb: str
    effect: int
    """Number of the effect before which the process died."""
    how: Literal["killed", "power cut", "recovery"]
    why: str


class CrashProof(Frozen):
    """What was tried, and the bad states found."""

    states: int
    points: int
    """Number of effects before which an operation was killed."""
    bad_states: tuple[BadState, ...]


def prove_current(context: Context, *, limit: int = 40) -> CrashProof:
    """Try every crash of every operation, on a model of the step from the current generation's parent to the current one.

    Only the first few files of each tree are modelled; ``limit`` bounds the power-cut states at each point. Raise ``Rejected`` when
    no generation exists.
    """
    generations = Generations(context.root)
    current = generations.current()
    if current is None:
        raise reject("request", "no-generation", "no generation exists yet, so there is nothing to try", hint="run `nipsys apply` first")
    parent = generations.read(current.parent) if current.parent in generations.numbers() and current.parent is not None else None
    return prove_operations(
        list_operations(build_model(parent.system if parent else None, current.system, Store(context.root).read_manifest)), limit=limit
    )


def prove_operations(tried: Iterable[RootOperation], *, limit: int = 40, seed: int = 1, forgets: tuple[str, ...] = ()) -> CrashProof:
    """Try every operation. ``forgets`` names disk operations to skip: a mutant without syncs must produce bad states."""
    chance = Random(seed)  # noqa: S311 - samples, not secrets
    states = points = 0
    bad: list[BadState] = []
    for verb in tried:
        began = _prepare_disk(verb)
        old = _visible_state(began)
        done = _prepare_disk(verb)
        verb.run(done)
        new = _visible_state(done)
        for effect in range(_count_effects(verb, forgets) + 1):
            points += 1
            for how, why in _crash_at(verb, FaultPlan(crash_at=effect, ignored=forgets), (old, new), chance, limit):
                states += 1
                if why:
                    bad.append(BadState(verb.name, effect, how, why))
    return CrashProof(states, points, tuple(bad))


_How = Literal["killed", "power cut", "recovery"]


def _crash_at(
    verb: RootOperation, fate: FaultPlan, ends: tuple[RootState, RootState], chance: Random, limit: int
) -> Iterator[tuple[_How, str]]:
    """Kill ``verb`` as ``fate`` says and yield, for each state, what is wrong with it: ``""`` when nothing is."""
    disk = _prepare_disk(verb)
    acknowledged = False
    try:
        verb.run(FaultyDisk(disk, fate))
        acknowledged = True
    except Killed:
        pass
    allowed = ends[1:] if acknowledged else ends
    # Power cuts first: they depend on the pending effects, and a recovery changes those.
    for number, survivor in enumerate(disk.iter_crash_states(chance, limit)):
        yield "power cut", _find_fault(survivor, allowed)
        if number < 3:
            yield "recovery", _find_recovery_fault(verb, survivor, ends[1])
    yield "killed", _find_fault(disk, allowed)
    yield "recovery", _find_recovery_fault(verb, disk, ends[1])


def _prepare_disk(verb: RootOperation) -> SimulatedDisk:
    disk = SimulatedDisk()
    verb.prepare(disk)
    disk.sync()
    return disk


def _count_effects(verb: RootOperation, forgets: tuple[str, ...]) -> int:
    fate = FaultPlan(ignored=forgets)
    verb.run(FaultyDisk(_prepare_disk(verb), fate))
    return len(fate.log)


def _find_fault(disk: Disk, allowed: tuple[RootState, ...]) -> str:
    try:
        complaint = find_damage(disk)
        state = _visible_state(disk)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Rejected) as error:
        return f"the root cannot be read: {error!r}"
    return complaint or ("" if state in allowed else f"neither old nor new: {state}")


def _find_recovery_fault(verb: RootOperation, disk: Disk, new: RootState) -> str:
    try:
        verb.run(disk)
    except (OSError, ValueError, KeyError, Rejected) as error:
        return f"the next run fails: {error!r}"
    debris = [
        name
        for place in ("", STORE, MANIFESTS, ARTIFACTS, "generations", SHARED_LINKS)
        for name, _ in disk.list_entries(place)
        if name.startswith(NEW_PREFIX)
    ]
    return f"debris remains: {debris}" if debris else _find_fault(disk, (new,))


def _visible_state(disk: Disk) -> RootState:
    """Return what a user sees of a root: the current generation, all generations, and their labels and pins."""
    generations = Generations("/", disk)
    unborn = generations.find_unswitched()
    summaries = [summary for summary in generations.summaries() if summary.number not in unborn]
    marks = tuple((summary.number, summary.label, summary.pinned) for summary in summaries)
    return generations.current_number(), tuple((summary.number, summary.digest) for summary in summaries), marks


def find_damage(disk: Disk) -> str:
    """Describe what is damaged in a root; ``""`` when each generation, its links and each named tree are intact."""
    if disk.lstat(STORE) is None:
        return ""
    store, generations = Store("/", disk), Generations("/", disk)
    for checked in verify_trees(store):
        if checked.state != "VERIFIED" and store.has(checked.directory):
            return f"tree {checked.directory} is {checked.state}: {checked.paths}"
    numbers = generations.numbers()
    current = generations.current_number()
    if current is not None and current not in numbers:
        return f"`current` points to generation {current}, which does not exist"
    for number in numbers:
        generation = generations.read(number)
        if blake3_of(to_canonical_json(generation.system.to_dict())) != generation.digest:
            return f"the manifest of generation {number} does not match its digest"
        for directory in (*(p.directory for p in generation.system.packages), *(v.directory for v in generation.system.views)):
            if not store.has(directory):
                return f"generation {number} lacks tree {directory}"
        for name, top in compose_farm(generation.system):
            if disk.readlink(f"generations/{number}/{name}") != f"../.links/{top.name}":
                return f"generation {number} has a wrong `{name}`"
            for folder in top.walk():
                found = {
                    entry: disk.readlink(f"{SHARED_LINKS}/{folder.name}/{entry}")
                    for entry, _ in disk.list_entries(f"{SHARED_LINKS}/{folder.name}")
                }
                if found != dict(folder.links) | {entry: f"../{below.name}" for entry, below in folder.directories}:
                    return f"generation {number} has wrong links in {folder.name}"
    return ""
