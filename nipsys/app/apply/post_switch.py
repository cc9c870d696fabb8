"""Steps after every switch: the user's links, and the ``/etc`` of each world. If they are cut short, the next run completes them."""

from collections.abc import Collection

from nipsys.app.apply import home_files
from nipsys.app.context import Context
from nipsys.app.root import hold_root
from nipsys.generation import GenerationLedger
from nipsys.view import is_merged, merge_etc


def activate(context: Context, before: Collection[str], after: Collection[str]) -> None:
    """Change the user's links from the targets ``before`` to those ``after``, and update ``/etc`` to the current views.

    The caller holds the root's lock, and asked for ``before`` (``GenerationLedger.find_placed``) before the switch. A failure is
    reported as a warning.
    """
    home_files.place_links(context, before, after)
    merge_etc(context.layout, context.report)


def resume(context: Context, targets: Collection[str]) -> None:
    """Complete the steps that a process killed after its switch left undone; usually there are none.

    ``targets`` are those of the current generation.
    """
    left = GenerationLedger(context.root, clock=context.clock).find_left_behind()
    stale = [target for target in left if target not in targets and home_files.is_managed(context, target)]
    if not stale and is_merged(context.layout) and all(home_files.is_managed(context, target) for target in targets):
        return
    with hold_root(context):
        activate(context, stale, targets)
