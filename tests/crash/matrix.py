"""The real crash matrix: a real process on a real file system, killed or cut off at its system calls.

``points`` lists the system calls that a verb makes on its root, each as (name, how many of that name came before it in the whole
process): that is how ``strace`` counts ``when=``. ``strike`` runs the verb again and injects something there.
"""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
VICTIM = os.path.join(HERE, "victim.py")
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
CALLS = (
    "mkdir,mkdirat,openat,write,pwrite64,close,rename,renameat,renameat2,unlink,unlinkat,rmdir,symlink,symlinkat,link,linkat,fsync,fdatasync,"
    "syncfs,sync,ftruncate,fchmod,utimensat,getdents64,newfstatat,readlinkat,flock,lseek,read,mmap"
)
CHANGING = {
    "mkdir", "mkdirat", "write", "pwrite64", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "symlink", "symlinkat", "link",
    "linkat", "fsync", "fdatasync", "syncfs", "ftruncate", "fchmod", "utimensat",
}  # fmt: skip


@dataclass(frozen=True)
class Struck:
    """What became of a run."""

    killed: bool
    committed: bool
    code: int
    said: str


def run(root: str, verb: str, *options: str, strace: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    # -S -E -I would lose the packages of the virtual environment; PYTHONHASHSEED makes runs alike.
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": REPOSITORY,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
    }
    return subprocess.run(
        [*strace, sys.executable, VICTIM, root, verb, *options], capture_output=True, text=True, check=False, env=environment
    )


def points(root: str, verb: str, log: str, *options: str, changing: bool = False) -> list[tuple[str, int]]:
    """Run ``verb`` and list its calls from the first that names the root on; ``changing`` leaves out those that only look."""
    done = run(root, verb, *options, strace=("strace", "-f", "-qq", "-y", "-s", "300", "-e", f"trace={CALLS}", "-o", log))
    assert "COMMITTED" in done.stdout, done.stderr
    seen: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    begun = False
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = re.match(r"\d+ +(\w+)\(", line)
            if match is None:
                continue
            seen[match[1]] += 1
            begun = begun or f"{root}/lock" in line or f'"{root}"' in line
            if begun and (not changing or match[1] in CHANGING):
                found.append((match[1], seen[match[1]]))
    return found


def strike(root: str, verb: str, point: tuple[str, int], what: str, *options: str) -> Struck:
    """Run ``verb`` with ``what`` (``signal=KILL``, ``error=EIO``) injected at one call."""
    call, number = point
    done = run(
        root, verb, *options,
        strace=("strace", "-f", "-qq", "-e", f"trace={CALLS}", "-e", f"inject={call}:{what}:when={number}", "-o", "/dev/null"),
    )  # fmt: skip
    return Struck(
        done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), "COMMITTED" in done.stdout, done.returncode, done.stderr[-2000:]
    )


def state(root: str) -> str:
    """Give what a user sees of the root; fails when it is not sound."""
    checked = run(root, "check")
    assert checked.returncode == 0, f"{checked.stdout}{checked.stderr}"
    return run(root, "state").stdout
