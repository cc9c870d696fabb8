"""List, compare, label, pin and delete the generations of a root."""

import os

from nipsys.app.context import Context
from nipsys.app.generations.rollback import require_root
from nipsys.app.root import hold_root
from nipsys.generation import Generations, Summary
from nipsys.model import Frozen, reject
from nipsys.model.system import System


class SystemDifference(Frozen):
    """The packages in which two systems differ, by id."""

    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str, str], ...]
    """(id, version before, version after); equal versions mean that the contents differ."""


def open_generations(context: Context) -> Generations:
    """Open the generations of a root without creating it. Raise ``Rejected`` when the root does not exist."""
    require_root(context)
    return Generations(context.root, clock=context.clock)


def list_summaries(context: Context) -> tuple[tuple[Summary, ...], int | None]:
    """Return all summaries in ascending order and the current number; ``((), None)`` for a root that does not exist."""
    if not os.path.isdir(context.root):
        return (), None
    generations = Generations(context.root, clock=context.clock)
    return generations.summaries(), generations.current_number()


def compare_generations(context: Context, first: int, second: int) -> SystemDifference:
    """Return what generation ``second`` adds, removes and changes compared with ``first``."""
    generations = open_generations(context)
    old = {row.id: row for row in generations.read(first).system.packages}
    new = {row.id: row for row in generations.read(second).system.packages}
    return SystemDifference(
        tuple((row.id, row.version) for row in new.values() if row.id not in old),
        tuple((row.id, row.version) for row in old.values() if row.id not in new),
        tuple((row.id, old[row.id].version, row.version) for row in new.values() if row.id in old and old[row.id].tree != row.tree),
    )


def find_system(context: Context, number: int | None) -> tuple[int, System]:
    """Return the number and system of generation ``number`` (default: the current one). Raise ``Rejected`` when it does not exist."""
    generations = open_generations(context)
    chosen = generations.current_number() if number is None else number
    if chosen is None:
        raise reject(
            "request", "no-generation", f"no generation exists in `{context.root}`", hint="`nipsys apply PROFILE` creates the first one"
        )
    return chosen, generations.read(chosen).system


def label_generation(context: Context, number: int, text: str | None) -> None:
    """Set the label of a generation; ``None`` removes it."""
    generations = open_generations(context)
    with hold_root(context):
        generations.set_label(number, text)


def pin_generation(context: Context, number: int, *, pinned: bool) -> None:
    """Pin a generation, so that it is neither deleted nor collected, or unpin it."""
    generations = open_generations(context)
    with hold_root(context):
        generations.pin(number, pinned=pinned)


def delete_generations(context: Context, numbers: tuple[int, ...]) -> None:
    """Delete generations. Raise ``Rejected``, before any is deleted, if one is current or pinned."""
    generations = open_generations(context)
    with hold_root(context):
        for number in numbers:
            generations.check_deletable(number)
        for number in numbers:
            generations.delete(number)
