"""What one process takes: wall time, processor time, and its own largest resident set; and whether the tools of a comparison are there.

A process that is forked (or spawned) starts with the memory of its parent, and the kernel counts that in ``ru_maxrss`` even after ``exec``:
a small child of a large benchmark looks as large as the benchmark. So each command is started by a small interpreter of its own, which
waits for it with ``wait4`` and reports; the time it takes to start is not counted.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

LAUNCHER = """
import os, sys
from time import perf_counter
report, out, *argv = sys.argv[1:]
start = perf_counter()
child = os.fork()
if not child:
    try:
        os.dup2(int(out), 1)
        os.execvp(argv[0], argv)
    finally:
        os._exit(127)
_, status, used = os.wait4(child, 0)
wall = perf_counter() - start
row = [wall, used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status)]
os.write(int(report), repr(row).encode())
"""


class Cost(NamedTuple):
    """What one process took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of CPU, user and system, with the processes it waited for."""
    memory: float
    """Largest resident set in MB: of the process itself, or of the largest one it waited for."""
    code: int
    """Exit code; negative for a signal."""


class CommandError(Exception):
    """A measured command did not do its work; the text has what it wrote on stderr."""


def measure(argv: Sequence[str], *, env: Mapping[str, str] | None = None, check: bool = True) -> Cost:
    """Run ``argv``, its output thrown away, and return what it took; ``CommandError`` when it fails and ``check`` is set."""
    read, write = os.pipe()
    with open(os.devnull, "wb") as nowhere, os.fdopen(read) as report:
        command = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(write), str(nowhere.fileno()), *argv]
        try:
            ran = subprocess.run(command, env=env, pass_fds=(write, nowhere.fileno()), stderr=subprocess.PIPE, text=True, check=False)
        finally:
            os.close(write)
        text = report.read()
    if not text:
        raise CommandError(f"{argv[0]} was not started: {ran.stderr[-800:]}")
    wall, cpu, kilobytes, code = json.loads(text)
    if check and code:
        raise CommandError(f"{' '.join(argv)} failed ({code}): {ran.stderr[-800:]}")
    return Cost(wall, cpu, kilobytes / 1024, code)


def has(tool: str, package: str, what: str) -> bool:
    """Return whether ``tool`` is installed; if not, say on stderr what is left out for want of which Debian package."""
    if shutil.which(tool, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"):
        return True
    sys.stderr.write(f"missing: `{tool}` (install {package}): {what} is left out\n")
    return False


def has_all(tools: Mapping[str, str], what: str) -> bool:
    """Return whether all ``tools``, each with its package, are installed; name every one that is not."""
    found = [has(tool, package, what) for tool, package in tools.items()]
    return all(found)


def is_root(what: str) -> bool:
    """Return whether this runs as root; if not, say what is left out."""
    if os.geteuid() == 0:
        return True
    sys.stderr.write(f"not root: {what} is left out\n")
    return False
