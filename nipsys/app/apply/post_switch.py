"""What follows every switch: the user's links, and the ``/etc`` of each world. A switch stands without it; the next run completes it."""

from collections.abc import Collection

from nipsys.app.apply import home_files as homefiles
from nipsys.app.context import Site
from nipsys.effects.filelock import guard
from nipsys.view.etc import settle, settled


def follow(site: Site, before: Collection[str], after: Collection[str]) -> None:
    """Bring the user's files from the targets ``before`` to those ``after``, and ``/etc`` to what the current views bring.

    The caller holds the guard. What cannot be done is a warning.
    """
    homefiles.place(site, before, after)
    settle(site.layout, site.report)


def complete(site: Site, before: Collection[str], targets: Collection[str]) -> None:
    """Do for the current generation what a process that was killed after its switch did not come to; nothing, as a rule.

    ``before`` are the targets of the generation that was current before, ``targets`` those of the current one.
    """
    stale = [target for target in before if target not in targets and homefiles.ours(site, target)]
    if not stale and settled(site.layout) and all(homefiles.ours(site, target) for target in targets):
        return
    with guard(site.layout.lock, command=site.command, clock=site.clock, report=site.report):
        follow(site, stale, targets)
