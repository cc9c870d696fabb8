"""Hold the root, for every use case that writes to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from nipsys.app.context import Context
from nipsys.effects import hold_lock, raise_on_signals
from nipsys.store import translate_errors


@contextmanager
def hold_root(context: Context) -> Iterator[None]:
    """Hold the root's lock for the block: only its holder may write to the root; another process waits and reports what it waits for.

    SIGTERM and SIGHUP interrupt the block like Ctrl-C, so that it cleans up. An ``OSError`` in it becomes ``Rejected`` (kind ``store``).
    """
    with (
        translate_errors(f"the root `{context.root}`"),
        raise_on_signals(),
        hold_lock(context.layout.lock_file, command=context.command, clock=context.clock, report=context.report),
    ):
        yield
