"""Garbage collection: delete old generations, then everything that no generation needs."""

from nipsys.app.context import Site
from nipsys.effects.clock import who
from nipsys.effects.filelock import guard
from nipsys.effects.signals import interruptible
from nipsys.generation.catalog import Generations
from nipsys.generation.history import Operation
from nipsys.generation.retention import expendable, forget_folders, roots
from nipsys.model.event import Warned
from nipsys.model.value import Frozen
from nipsys.store.errors import telling
from nipsys.store.maintenance.dedupe import Optimised, optimise
from nipsys.store.maintenance.gc import Dead, bury, dead_trees
from nipsys.store.trees import Store


class Collected(Frozen):
    """What was deleted, or would be."""

    generations: tuple[int, ...]
    trees: tuple[Dead, ...]
    pieces: int = 0
    """Number of leftovers of killed processes that were removed."""
    joined: Optimised | None = None
    """What deduplicating files gained, when requested."""

    @property
    def size(self) -> int:
        """Bytes that were freed, or would be."""
        return sum(tree.size for tree in self.trees)


def collect(
    context: Site, *, keep: int | None = None, older_than: float | None = None, dry_run: bool = False, join: bool = False
) -> Collected:
    """Delete generations that are beyond the newest ``keep`` and older than ``older_than`` seconds (default: none), then unneeded trees.

    The current and pinned generations stay. This only removes, so it works on a full disk; it waits for a running apply. With ``join``
    equal files of the remaining trees are deduplicated.
    """
    with (
        telling(f"the root `{context.root}`"),
        interruptible(),
        guard(context.layout.lock, command=context.command, clock=context.clock, report=context.report),
    ):
        store = Store(context.root, report=context.report)
        generations = Generations(context.root, clock=context.clock)
        going = expendable(
            generations.summaries(), generations.current_number(), keep=keep, older_than=older_than, now=context.clock.seconds()
        )
        if dry_run:
            return Collected(going, dead_trees(store, roots(generations, without=going)))
        pieces = store.sweep() + generations.sweep()
        for number in going:
            generations.drop(number)
        dead = dead_trees(store, roots(generations))
        bury(store, dead, context.report)
        forget_folders(generations)
        done = Collected(going, dead, pieces, optimise(store, context.report) if join else None)
        _write_down(context, generations, done)
        return done


def _write_down(context: Site, generations: Generations, done: Collected) -> None:
    current = generations.current_number()
    gone = f"generations {', '.join(map(str, done.generations))}; " if done.generations else ""
    detail = f"{gone}{len(done.trees)} trees, {done.size} bytes"
    try:
        generations.history.add(Operation("gc", context.clock.now(), who(), current, current, "", detail))
    except OSError as error:
        context.report(Warned(f"cannot write the history: {error.strerror}"))
