"""The real crash matrix: real commands on a real file system, killed, refused or cut off at their system calls.

``Nursery.points`` lists the system calls that a command makes on its own place, each with how many of that name came before it in the
process: that is how ``strace`` counts ``when=``. ``Nursery.run`` with ``struck`` runs it again and injects something there.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
CHANGING = {
    "mkdir", "mkdirat", "write", "pwrite64", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "symlink", "symlinkat", "link",
    "linkat", "fsync", "fdatasync", "syncfs", "ftruncate", "fchmod", "chmod", "utimensat", "copy_file_range", "sendfile",
}  # fmt: skip
LOOKING = {"openat", "close", "getdents64", "newfstatat", "readlink", "readlinkat", "flock", "lseek", "read", "pread64"}


class Point(NamedTuple):
    """One system call of a command."""

    call: str
    number: int
    """How many of this name it is, from 1."""
    line: str
    """As strace tells it, paths of descriptors included."""


@dataclass(frozen=True)
class Ended:
    """What became of a run."""

    code: int
    answer: str
    told: str
    """What went to stderr."""

    @property
    def acknowledged(self) -> bool:
        """It said that it has done what it was asked to (all run with ``--json``)."""
        return bool(self.answer) and '"problems"' not in self.answer

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Nursery:
    """Runs commands in ``place``, where their root and their home are."""

    def __init__(self, place: str, log: str, programs: str) -> None:
        self.place, self.log = place, log
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("NIPSYS_", "XDG_"))},
            "PYTHONPATH": REPOSITORY,
            "PYTHONHASHSEED": "0",
            "PATH": programs,
            "HOME": f"{place}/home",
            "NIPSYS_ROOT": f"{place}/root",
        }
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "nursery.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
            text=True,
        )
        assert self._hear() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.communicate(timeout=300)

    def run(self, words: Sequence[str], *strace: str, forgetful: bool = False) -> Ended:
        """Run a command from its first system call under strace, if there is something for strace to do."""
        assert self.process.stdin is not None
        asked = {"words": list(words), "said": self.log, "forgetful": forgetful}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        pid = self._hear()
        assert isinstance(pid, int)
        tracer = self._tracer(pid, strace) if strace else None
        os.kill(pid, signal.SIGCONT)
        code = self._hear()
        assert isinstance(code, int)
        if tracer is not None:
            tracer.communicate(timeout=300)
        return Ended(code, *(_text(f"{self.log}.{name}") for name in ("answer", "told")))

    def struck(self, words: Sequence[str], point: Point, what: str, *, forgetful: bool = False) -> Ended:
        """Run a command with ``what`` (``signal=KILL``, ``error=EIO``) injected at one call."""
        inject = f"inject={point.call}:{what}:when={point.number}"
        return self.run(words, "-e", f"trace={point.call}", "-e", inject, "-o", "/dev/null", forgetful=forgetful)

    def points(self, words: Sequence[str]) -> list[Point]:
        """Run a command and list its calls from the first that names its place on."""
        calls = ",".join(sorted(CHANGING | LOOKING))
        done = self.run(words, "-y", "-s", "400", "-e", f"trace={calls}", "-o", self.log)
        assert done.code == 0, done.told
        seen: Counter[str] = Counter()
        found: list[Point] = []
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if match := re.match(r"(\w+)\(", line):
                    seen[match[1]] += 1
                    if self.place in line and " = -1 " not in line and f"{self.log}." not in line:
                        found.append(Point(match[1], seen[match[1]], line.rstrip()))
        return found

    def _tracer(self, pid: int, strace: Sequence[str]) -> subprocess.Popen[bytes]:
        tracer = subprocess.Popen(["strace", "-p", str(pid), *strace], stderr=subprocess.PIPE)
        assert tracer.stderr is not None
        told = tracer.stderr.readline()
        assert b"attached" in told, told
        return tracer

    def _hear(self) -> object:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the nursery has died"
        return json.loads(line)


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
