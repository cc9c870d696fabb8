"""Steps after every switch: the user's links, and the ``/etc`` of each world. If they are cut short, the next run completes them."""

from collections.abc import Collection

from nipsys.app.apply import home_files
from nipsys.app.context import Context
from nipsys.effects import hold_lock
from nipsys.view import is_merged, merge_etc


def activate(context: Context, before: Collection[str], after: Collection[str]) -> None:
    """Change the user's links from the targets ``before`` to those ``after``, and update ``/etc`` to the current views.

    The caller holds the root's lock. A failure is reported as a warning.
    """
    home_files.place_links(context, before, after)
    merge_etc(context.layout, context.report)


def resume(context: Context, before: Collection[str], targets: Collection[str]) -> None:
    """Complete the steps that a process killed after its switch left undone; usually there are none.

    ``before`` are the targets of the previous current generation, ``targets`` those of the current one.
    """
    stale = [target for target in before if target not in targets and home_files.is_managed(context, target)]
    if not stale and is_merged(context.layout) and all(home_files.is_managed(context, target) for target in targets):
        return
    with hold_lock(context.layout.lock_file, command=context.command, clock=context.clock, report=context.report):
        activate(context, stale, targets)
