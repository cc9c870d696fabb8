"""Signals end the work, but not in the middle of a commit."""

import os
import signal
import threading

import pytest

from nipsys.effects.signals import hold_signals, raise_on_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_work_and_waits_for_a_commit(number: signal.Signals) -> None:
    """Even when other threads could take the signal: the hash of a large file leaves some behind."""
    done = []
    idle = threading.Event()
    other = threading.Thread(target=idle.wait)
    other.start()

    def work() -> None:
        with raise_on_signals():
            with hold_signals():
                os.kill(os.getpid(), number)
                done.append("committed")
            done.append("too far")

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        idle.set()
        other.join()
    assert done == ["committed"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
