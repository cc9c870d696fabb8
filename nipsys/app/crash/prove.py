"""Try every crash of a plan on a simulated disk.

The operations run on a disk in memory and are killed before each of their effects. The root is then checked twice: as the next process
finds it, and as a power cut leaves it, with any subset of the effects that were not synced. Each such state must be the complete old or
the complete new system; what was acknowledged must have survived; and the next run must reach the new system.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Literal

from nipsys.app.context import Site
from nipsys.app.crash.miniature import world_of
from nipsys.app.crash.operations import Verb, verbs
from nipsys.effects.disk.faulty import Fate, FaultyDisk, Killed
from nipsys.effects.disk.port import Disk
from nipsys.effects.disk.simulated import ModelDisk
from nipsys.generation.catalog import Generations
from nipsys.generation.links.farm import compose
from nipsys.generation.paths import SHARED
from nipsys.model.digest import blake3_of, canonical
from nipsys.model.problem import Rejected, reject
from nipsys.model.value import Frozen
from nipsys.store.maintenance.verify import verify
from nipsys.store.paths import ARTIFACTS, MANIFESTS, NEW, STORE
from nipsys.store.trees import Store

State = tuple[object, ...]


class Bad(Frozen):
    """A state that violates the guarantee."""

    verb: str
    effect: int
    """Number of the effect before which the process died."""
    how: Literal["killed", "power cut", "recovery"]
    why: str


class Proof(Frozen):
    """What was tried, and the bad states found."""

    states: int
    points: int
    """Number of effects before which an operation was killed."""
    bad: tuple[Bad, ...]


def proved(context: Site, *, limit: int = 40) -> Proof:
    """Try every crash of every operation, on a model of the step from the current generation's parent to the current one.

    Only the first few files of each tree are modelled; ``limit`` bounds the power-cut states at each point. Raise ``Rejected`` when
    no generation exists.
    """
    generations = Generations(context.root)
    current = generations.current()
    if current is None:
        raise reject("request", "no-generation", "no generation exists yet, so there is nothing to try", hint="run `nipsys apply` first")
    parent = generations.read(current.parent) if current.parent in generations.numbers() and current.parent is not None else None
    return prove(verbs(world_of(parent.system if parent else None, current.system, Store(context.root).manifest)), limit=limit)


def prove(tried: Iterable[Verb], *, limit: int = 40, seed: int = 1, forgets: tuple[str, ...] = ()) -> Proof:
    """Try every operation. ``forgets`` names disk operations to skip: a mutant without syncs must produce bad states."""
    chance = Random(seed)  # noqa: S311 - samples, not secrets
    states = points = 0
    bad: list[Bad] = []
    for verb in tried:
        began = _begun(verb)
        old = _state(began)
        done = _begun(verb)
        verb.enact(done)
        new = _state(done)
        for effect in range(_count(verb, forgets) + 1):
            points += 1
            for how, why in _point(verb, Fate(dies_at=effect, forgets=forgets), (old, new), chance, limit):
                states += 1
                if why:
                    bad.append(Bad(verb.name, effect, how, why))
    return Proof(states, points, tuple(bad))


_How = Literal["killed", "power cut", "recovery"]


def _point(verb: Verb, fate: Fate, ends: tuple[State, State], chance: Random, limit: int) -> Iterator[tuple[_How, str]]:
    """Kill ``verb`` as ``fate`` says and yield, for each state, what is wrong with it: ``""`` when nothing is."""
    disk = _begun(verb)
    acknowledged = False
    try:
        verb.enact(FaultyDisk(disk, fate))
        acknowledged = True
    except Killed:
        pass
    allowed = ends[1:] if acknowledged else ends
    # Power cuts first: they depend on the pending effects, and a recovery changes those.
    for number, survivor in enumerate(disk.survivors(chance, limit)):
        yield "power cut", _wrong(survivor, allowed)
        if number < 3:
            yield "recovery", _unhealed(verb, survivor, ends[1])
    yield "killed", _wrong(disk, allowed)
    yield "recovery", _unhealed(verb, disk, ends[1])


def _begun(verb: Verb) -> ModelDisk:
    disk = ModelDisk()
    verb.before(disk)
    disk.sync()
    return disk


def _count(verb: Verb, forgets: tuple[str, ...]) -> int:
    fate = Fate(forgets=forgets)
    verb.enact(FaultyDisk(_begun(verb), fate))
    return len(fate.log)


def _wrong(disk: Disk, allowed: tuple[State, ...]) -> str:
    try:
        complaint = unsound(disk)
        state = _state(disk)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Rejected) as error:
        return f"the root cannot be read: {error!r}"
    return complaint or ("" if state in allowed else f"neither old nor new: {state}")


def _unhealed(verb: Verb, disk: Disk, new: State) -> str:
    try:
        verb.enact(disk)
    except (OSError, ValueError, KeyError, Rejected) as error:
        return f"the next run fails: {error!r}"
    debris = [
        name
        for place in ("", STORE, MANIFESTS, ARTIFACTS, "generations", SHARED)
        for name, _ in disk.entries(place)
        if name.startswith(NEW)
    ]
    return f"debris remains: {debris}" if debris else _wrong(disk, (new,))


def _state(disk: Disk) -> State:
    """Return what a user sees of a root: the current generation, all generations, and their labels and pins."""
    generations = Generations("/", disk)
    unborn = generations.unborn()
    summaries = [summary for summary in generations.summaries() if summary.number not in unborn]
    marks = tuple((summary.number, summary.label, summary.pinned) for summary in summaries)
    return generations.current_number(), tuple((summary.number, summary.digest) for summary in summaries), marks


def unsound(disk: Disk) -> str:
    """Describe what is damaged in a root; ``""`` when each generation, its links and each named tree are intact."""
    if disk.look(STORE) is None:
        return ""
    store, generations = Store("/", disk), Generations("/", disk)
    for checked in verify(store):
        if checked.state != "VERIFIED" and store.has(checked.directory):
            return f"tree {checked.directory} is {checked.state}: {checked.paths}"
    numbers = generations.numbers()
    current = generations.current_number()
    if current is not None and current not in numbers:
        return f"`current` points to generation {current}, which does not exist"
    for number in numbers:
        generation = generations.read(number)
        if blake3_of(canonical(generation.system.value())) != generation.digest:
            return f"the manifest of generation {number} does not match its digest"
        for directory in (*(p.directory for p in generation.system.packages), *(v.directory for v in generation.system.views)):
            if not store.has(directory):
                return f"generation {number} lacks tree {directory}"
        for name, top in compose(generation.system):
            if disk.target(f"generations/{number}/{name}") != f"../.links/{top.name}":
                return f"generation {number} has a wrong `{name}`"
            for folder in top.walk():
                found = {entry: disk.target(f"{SHARED}/{folder.name}/{entry}") for entry, _ in disk.entries(f"{SHARED}/{folder.name}")}
                if found != dict(folder.links) | {entry: f"../{below.name}" for entry, below in folder.folders}:
                    return f"generation {number} has wrong links in {folder.name}"
    return ""
