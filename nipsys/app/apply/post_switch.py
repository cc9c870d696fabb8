"""Steps after every switch: the user's links, and the ``/etc`` of each world. If they are cut short, the next run completes them."""

from collections.abc import Collection

from nipsys.app.apply import home_files as homefiles
from nipsys.app.context import Site
from nipsys.effects.filelock import guard
from nipsys.view.etc import settle, settled


def follow(site: Site, before: Collection[str], after: Collection[str]) -> None:
    """Change the user's links from the targets ``before`` to those ``after``, and update ``/etc`` to the current views.

    The caller holds the root's lock. A failure is reported as a warning.
    """
    homefiles.place(site, before, after)
    settle(site.layout, site.report)


def complete(site: Site, before: Collection[str], targets: Collection[str]) -> None:
    """Complete the steps that a process killed after its switch left undone; usually there are none.

    ``before`` are the targets of the previous current generation, ``targets`` those of the current one.
    """
    stale = [target for target in before if target not in targets and homefiles.ours(site, target)]
    if not stale and settled(site.layout) and all(homefiles.ours(site, target) for target in targets):
        return
    with guard(site.layout.lock, command=site.command, clock=site.clock, report=site.report):
        follow(site, stale, targets)
