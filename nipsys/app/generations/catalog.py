"""List, compare, label, pin and delete the generations of a root."""

import os
from contextlib import AbstractContextManager

from nipsys.app.context import Site
from nipsys.app.generations.rollback import inhabited
from nipsys.effects.filelock import guard
from nipsys.effects.signals import interruptible
from nipsys.generation.catalog import Generations
from nipsys.generation.summary import Summary
from nipsys.model.problem import reject
from nipsys.model.system.generation import System
from nipsys.model.value import Frozen
from nipsys.store.errors import telling


class Difference(Frozen):
    """The packages in which two systems differ, by id."""

    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str, str], ...]
    """(id, version before, version after); equal versions mean that the contents differ."""


def existing(context: Site) -> Generations:
    """Open the generations of a root without creating it. Raise ``Rejected`` when the root does not exist."""
    inhabited(context)
    return Generations(context.root, clock=context.clock)


def summaries(context: Site) -> tuple[tuple[Summary, ...], int | None]:
    """Return all summaries in ascending order and the current number; ``((), None)`` for a root that does not exist."""
    if not os.path.isdir(context.root):
        return (), None
    generations = Generations(context.root, clock=context.clock)
    return generations.summaries(), generations.current_number()


def difference(context: Site, first: int, second: int) -> Difference:
    """Return what generation ``second`` adds, removes and changes compared with ``first``."""
    generations = existing(context)
    old = {row.id: row for row in generations.read(first).system.packages}
    new = {row.id: row for row in generations.read(second).system.packages}
    return Difference(
        tuple((row.id, row.version) for row in new.values() if row.id not in old),
        tuple((row.id, row.version) for row in old.values() if row.id not in new),
        tuple((row.id, old[row.id].version, row.version) for row in new.values() if row.id in old and old[row.id].tree != row.tree),
    )


def system(context: Site, number: int | None) -> tuple[int, System]:
    """Return the number and system of generation ``number`` (default: the current one). Raise ``Rejected`` when it does not exist."""
    generations = existing(context)
    chosen = generations.current_number() if number is None else number
    if chosen is None:
        raise reject(
            "request", "no-generation", f"no generation exists in `{context.root}`", hint="`nipsys apply PROFILE` creates the first one"
        )
    return chosen, generations.read(chosen).system


def label(context: Site, number: int, text: str | None) -> None:
    """Set the label of a generation; ``None`` removes it."""
    generations = existing(context)
    with telling(f"the root `{context.root}`"), _guarded(context):
        generations.label(number, text)


def pin(context: Site, number: int, *, pinned: bool) -> None:
    """Pin a generation, so that it is neither deleted nor collected, or unpin it."""
    generations = existing(context)
    with telling(f"the root `{context.root}`"), _guarded(context):
        generations.pin(number, pinned=pinned)


def delete(context: Site, numbers: tuple[int, ...]) -> None:
    """Delete generations. Raise ``Rejected``, before any is deleted, if one is current or pinned."""
    generations = existing(context)
    with telling(f"the root `{context.root}`"), interruptible(), _guarded(context):
        for number in numbers:
            generations.deletable(number)
        for number in numbers:
            generations.delete(number)


def _guarded(context: Site) -> AbstractContextManager[None]:
    return guard(context.layout.lock, command=context.command, clock=context.clock, report=context.report)
