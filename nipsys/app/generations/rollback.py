"""Roll back: read only numbers and summaries, write only a link and a line of the history."""

import os

from nipsys.app.apply import activate
from nipsys.app.context import Context
from nipsys.app.root import hold_root
from nipsys.generation import GenerationLedger, Summary
from nipsys.model import reject


def require_root(context: Context) -> None:
    """Raise ``Rejected`` when the root does not exist, before anything creates it."""
    if not os.path.isdir(context.root):
        raise reject(
            "request", "no-generation", f"no generation exists in `{context.root}`", hint="`nipsys apply PROFILE` creates the first one"
        )


def roll_back(context: Context, number: int | None) -> Summary:
    """Switch to generation ``number`` (default: the one before the current). Raise ``Rejected`` when it does not exist."""
    require_root(context)
    with hold_root(context):
        ledger = GenerationLedger(context.root, clock=context.clock)
        ledger.sweep()
        placed = ledger.find_placed()
        summary = ledger.rollback(number)
        activate(context, placed, summary.files)
        return summary
