"""Steps after every switch: the user's links, and the ``/etc`` of each world. If they are cut short, the next run completes them."""

from collections.abc import Collection

from nipsys.app.apply import home_files
from nipsys.app.context import Site
from nipsys.effects.filelock import guard
from nipsys.view.etc import settle, settled


def follow(context: Site, before: Collection[str], after: Collection[str]) -> None:
    """Change the user's links from the targets ``before`` to those ``after``, and update ``/etc`` to the current views.

    The caller holds the root's lock. A failure is reported as a warning.
    """
    home_files.place(context, before, after)
    settle(context.layout, context.report)


def complete(context: Site, before: Collection[str], targets: Collection[str]) -> None:
    """Complete the steps that a process killed after its switch left undone; usually there are none.

    ``before`` are the targets of the previous current generation, ``targets`` those of the current one.
    """
    stale = [target for target in before if target not in targets and home_files.ours(context, target)]
    if not stale and settled(context.layout) and all(home_files.ours(context, target) for target in targets):
        return
    with guard(context.layout.lock, command=context.command, clock=context.clock, report=context.report):
        follow(context, stale, targets)
