"""Remove what no generation needs."""

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
    """What went, or would go."""

    generations: tuple[int, ...]
    trees: tuple[Dead, ...]
    pieces: int = 0
    """Left-overs of processes that were killed."""
    joined: Optimised | None = None
    """What joining equal files gained, when it was asked for."""

    @property
    def size(self) -> int:
        """Bytes that are free now, or would be."""
        return sum(tree.size for tree in self.trees)


def collect(
    site: Site, *, keep: int | None = None, older_than: float | None = None, dry_run: bool = False, join: bool = False
) -> Collected:
    """Delete generations beyond the newest ``keep`` and older than ``older_than`` seconds (none by default), then what nothing needs.

    The current generation and pinned ones stay. Only removals are needed, so this works on a disk without a free byte; an apply that
    runs is waited for. With ``join`` equal files of the trees that stay become one.
    """
    with (
        telling(f"the root `{site.root}`"),
        interruptible(),
        guard(site.layout.lock, command=site.command, clock=site.clock, report=site.report),
    ):
        store = Store(site.root, report=site.report)
        generations = Generations(site.root, clock=site.clock)
        going = expendable(
            generations.summaries(), generations.current_number(), keep=keep, older_than=older_than, now=site.clock.seconds()
        )
        if dry_run:
            return Collected(going, dead_trees(store, roots(generations, without=going)))
        pieces = store.sweep() + generations.sweep()
        for number in going:
            generations.drop(number)
        dead = dead_trees(store, roots(generations))
        bury(store, dead, site.report)
        forget_folders(generations)
        done = Collected(going, dead, pieces, optimise(store, site.report) if join else None)
        _write_down(site, generations, done)
        return done


def _write_down(site: Site, generations: Generations, done: Collected) -> None:
    current = generations.current_number()
    gone = f"generations {', '.join(map(str, done.generations))}; " if done.generations else ""
    detail = f"{gone}{len(done.trees)} trees, {done.size} bytes"
    try:
        generations.history.add(Operation("gc", site.clock.now(), who(), current, current, "", detail))
    except OSError as error:
        site.report(Warned(f"the history could not be written: {error.strerror}"))
