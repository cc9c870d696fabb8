"""Roll back: read only numbers and summaries, write only a link and a line of the history."""

import os

from nipsys.app.apply import activate
from nipsys.app.context import Context
from nipsys.effects import hold_lock, raise_on_signals
from nipsys.generation import GenerationLedger, Summary
from nipsys.model import reject
from nipsys.store import translate_errors


def require_root(context: Context) -> None:
    """Raise ``Rejected`` when the root does not exist, before anything creates it."""
    if not os.path.isdir(context.root):
        raise reject(
            "request", "no-generation", f"no generation exists in `{context.root}`", hint="`nipsys apply PROFILE` creates the first one"
        )


def roll_back(context: Context, number: int | None) -> Summary:
    """Switch to generation ``number`` (default: the one before the current). Raise ``Rejected`` when it does not exist."""
    require_root(context)
    with (
        translate_errors(f"the root `{context.root}`"),
        raise_on_signals(),
        hold_lock(context.layout.lock_file, command=context.command, clock=context.clock, report=context.report),
    ):
        succession = GenerationLedger(context.root, clock=context.clock)
        succession.sweep()
        before = succession.current_number()
        files = (*succession.find_left_behind(), *(succession.summary(before).files if before is not None else ()))
        summary = succession.rollback(number)
        activate(context, files, summary.files)
        return summary
