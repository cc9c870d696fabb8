"""Where the processes of the real crash matrix are born: one that has imported everything already, and forks a child for each run.

It reads a JSON line for each run and answers with the child's pid: the child has stopped itself until ``SIGCONT``, so that strace can
take hold of it before it does anything. A second line tells how it ended. So a run costs what the command does, not what Python does.
"""

import contextlib
import ctypes
import functools
import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import nipsys
from nipsys.cli.main import main
from nipsys.effects.disk import RealDisk
from nipsys.store.trees import Store

PR_SET_PTRACER, ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


def born(words: Sequence[str], said: str, *, forgetful: bool) -> int:
    """Fork a child that waits to be let go, then runs a command; what it says goes to the files ``said.*``."""
    child = os.fork()
    if child == 0:
        live(words, said, forgetful=forgetful)
    os.waitpid(child, os.WUNTRACED)
    return child


def live(words: Sequence[str], said: str, *, forgetful: bool) -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, name in ((1, "answer"), (2, "told")):
        os.dup2(os.open(f"{said}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
    if forgetful:  # the mutant that a power cut must catch
        RealDisk.sync = lambda self: None  # type: ignore[method-assign]
        RealDisk.sync_directory = lambda self, path="": None  # type: ignore[method-assign]
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY)  # where Yama lets only parents look
    os.kill(os.getpid(), signal.SIGSTOP)
    code = 70
    try:
        code = main(words)
    except BaseException:  # noqa: BLE001 - told like any other end
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def everything() -> None:
    """Import all there is, so that no run begins with reading modules; and let one thread do all, so that calls come in one order."""
    for module in pkgutil.walk_packages(nipsys.__path__, "nipsys."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # what runs inside a foreign tool only
                importlib.import_module(module.name)
    Store.open_batch = functools.partialmethod(Store.open_batch, workers=1)  # type: ignore[assignment,method-assign]


def tell(value: object) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    everything()
    tell("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        pid = born(asked["words"], asked["said"], forgetful=asked["forgetful"])
        tell(pid)
        tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
