"""Roll back: read only numbers and summaries, write only a link and a line of the history."""

import os

from nipsys.app.apply.post_switch import follow
from nipsys.app.context import Site
from nipsys.effects.filelock import guard
from nipsys.effects.signals import interruptible
from nipsys.generation.ledger import Succession
from nipsys.generation.summary import Summary
from nipsys.model.problem import reject
from nipsys.store.errors import telling


def inhabited(context: Site) -> None:
    """Raise ``Rejected`` when the root does not exist, before anything creates it."""
    if not os.path.isdir(context.root):
        raise reject(
            "request", "no-generation", f"no generation exists in `{context.root}`", hint="`nipsys apply PROFILE` creates the first one"
        )


def rollback(context: Site, number: int | None) -> Summary:
    """Switch to generation ``number`` (default: the one before the current). Raise ``Rejected`` when it does not exist."""
    inhabited(context)
    with (
        telling(f"the root `{context.root}`"),
        interruptible(),
        guard(context.layout.lock, command=context.command, clock=context.clock, report=context.report),
    ):
        succession = Succession(context.root, clock=context.clock)
        succession.sweep()
        before = succession.current_number()
        files = (*succession.left_behind(), *(succession.summary(before).files if before is not None else ()))
        summary = succession.rollback(number)
        follow(context, files, summary.files)
        return summary
