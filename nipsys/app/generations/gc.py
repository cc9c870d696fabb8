"""Garbage collection: delete old generations, then everything that no generation needs."""

from nipsys.app.context import Context
from nipsys.app.root import hold_root
from nipsys.effects import identify_user
from nipsys.generation import Generations, Operation, choose_expendable, find_roots, remove_unused_directories
from nipsys.model import Frozen, Warned
from nipsys.store import Store
from nipsys.store.maintenance import DeadTree, Deduplicated, deduplicate, find_dead_trees, remove_dead_trees


class GcResult(Frozen):
    """What was deleted, or would be."""

    generations: tuple[int, ...]
    trees: tuple[DeadTree, ...]
    leftovers: int = 0
    """Number of leftovers of killed processes that were removed."""
    deduplicated: Deduplicated | None = None
    """What deduplicating files gained, when requested."""

    @property
    def size(self) -> int:
        """Bytes that were freed, or would be."""
        return sum(tree.size for tree in self.trees)


def collect_garbage(
    context: Context, *, keep: int | None = None, older_than: float | None = None, dry_run: bool = False, join: bool = False
) -> GcResult:
    """Delete generations that are beyond the newest ``keep`` and older than ``older_than`` seconds (default: none), then unneeded trees.

    The current and pinned generations stay. This only removes, so it works on a full disk; it waits for a running apply. With ``join``
    equal files of the remaining trees are deduplicated.
    """
    with hold_root(context):
        store = Store(context.root, report=context.report)
        generations = Generations(context.root, clock=context.clock)
        going = choose_expendable(
            generations.summaries(), generations.current_number(), keep=keep, older_than=older_than, now=context.clock.seconds()
        )
        if dry_run:
            return GcResult(going, find_dead_trees(store, find_roots(generations, without=going)))
        pieces = store.remove_debris() + generations.sweep()
        for number in going:
            generations.drop(number)
        dead = find_dead_trees(store, find_roots(generations))
        remove_dead_trees(store, dead, context.report)
        remove_unused_directories(generations)
        done = GcResult(going, dead, pieces, deduplicate(store, context.report) if join else None)
        _record(context, generations, done)
        return done


def _record(context: Context, generations: Generations, done: GcResult) -> None:
    current = generations.current_number()
    gone = f"generations {', '.join(map(str, done.generations))}; " if done.generations else ""
    detail = f"{gone}{len(done.trees)} trees, {done.size} bytes"
    try:
        generations.history.add(Operation("gc", context.clock.now(), identify_user(), current, current, "", detail))
    except OSError as error:
        context.report(Warned(f"cannot write the history: {error.strerror}"))
