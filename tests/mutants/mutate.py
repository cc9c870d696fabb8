#!/usr/bin/env python3
"""Plant the faults of mutants.toml, one at a time, and see the unit tests of their room fail: ``mutate.py [PART_OF_A_NAME...]``.

Works on copies of the tree. Exits with 1 when a fault survives, when its text is gone, or when the tests fail without any fault.
"""

import contextlib
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

HERE = pathlib.Path(__file__).resolve().parents[2]
TABLE = HERE / "tests/mutants/mutants.toml"
WORKERS = 2


class Mutant(NamedTuple):
    """One fault to plant."""

    name: str
    file: str
    """Relative to the top of the tree: ``nipsys/<room>/...``."""
    old: str
    new: str

    @property
    def tests(self) -> str:
        """Return the folder of tests that must find it."""
        return f"tests/unit/{self.file.split('/')[1]}"


class Verdict(NamedTuple):
    """What the tests said to one fault."""

    name: str
    outcome: Literal["killed", "survived", "broken"]
    """``broken``: the tests could not run, so they say nothing."""
    seconds: float
    detail: str
    """The test that found it; for ``broken`` the end of the output."""


def read_mutants(path: pathlib.Path = TABLE) -> tuple[Mutant, ...]:
    """Read the table; ``ValueError`` for a name that occurs twice."""
    mutants = tuple(Mutant(**row) for row in tomllib.loads(path.read_text())["mutant"])
    if len({mutant.name for mutant in mutants}) != len(mutants):
        raise ValueError(f"{path}: two mutants have the same name")
    return mutants


def find_lost(mutants: Iterable[Mutant], top: pathlib.Path = HERE) -> list[str]:
    """Return a sentence for each mutant whose text does not occur exactly once in its file."""
    lost = []
    for mutant in mutants:
        path = top / mutant.file
        count = path.read_text().count(mutant.old) if path.exists() else -1
        if count != 1:
            why = f"{mutant.file} does not exist" if count < 0 else f"its text occurs {count} times in {mutant.file}"
            lost.append(f"lost: {mutant.name}: {why}; say in mutants.toml where that line is now")
    return lost


def copy_tree(target: pathlib.Path, top: pathlib.Path = HERE) -> None:
    """Copy the tree with what is compiled in it, without hidden folders and environments."""

    def skip(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name.startswith(".") or name in {"dist", "build"}} if folder == str(top) else set()

    shutil.copytree(top, target, ignore=skip, symlinks=True)


def list_tests(mutant: Mutant, copy: pathlib.Path) -> list[str]:
    """Return the tests to run one after the other: the file named after the module, if there is one, then the whole room."""
    named = sorted((copy / mutant.tests).rglob(f"test_{pathlib.Path(mutant.file).stem}.py"))
    return [*(str(path.relative_to(copy)) for path in named), mutant.tests]


def run_tests(copy: pathlib.Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run a folder or file of tests against the copy, until the first failure."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"PYTHONPATH": str(copy)}
    options = ["--import-mode=importlib", "-p", "no:cacheprovider", "-q", "-x", "--basetemp", str(copy.with_name("t"))]
    command = [sys.executable, "-m", "pytest", *options, "-m", "not root and not slow", tests]
    return subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)


@contextlib.contextmanager
def plant(mutant: Mutant, copy: pathlib.Path) -> Iterator[None]:
    """Plant a fault for the block."""
    path = copy / mutant.file
    text, status = path.read_text(), path.stat()
    path.write_text(text.replace(mutant.old, mutant.new))
    os.utime(path, (status.st_mtime + 2, status.st_mtime + 2))  # compiled code is recognized by size and second
    try:
        yield
    finally:
        path.write_text(text)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def try_mutant(mutant: Mutant, copy: pathlib.Path) -> Verdict:
    """Plant one fault and run the tests of its room."""
    began = time.monotonic()
    with plant(mutant, copy):
        runs = (run_tests(copy, tests) for tests in list_tests(mutant, copy))
        ran = next((ran for ran in runs if ran.returncode), None)
    seconds = time.monotonic() - began
    if ran is None:
        return Verdict(mutant.name, "survived", seconds, "")
    if ran.returncode != 1:
        return Verdict(mutant.name, "broken", seconds, ran.stdout[-2000:] + ran.stderr[-2000:])
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", ran.stdout, re.MULTILINE)
    return Verdict(mutant.name, "killed", seconds, found[1] if found else "")


class Workshop:
    """Copies of the tree, one for each worker."""

    def __init__(self, place: pathlib.Path, workers: int = WORKERS) -> None:
        """Copy the tree ``workers`` times below ``place``."""
        self._free: queue.SimpleQueue[pathlib.Path] = queue.SimpleQueue()
        for number in range(workers):
            copy = place / str(number) / "tree"
            copy_tree(copy)
            self._free.put(copy)

    @contextlib.contextmanager
    def borrow(self) -> Iterator[pathlib.Path]:
        """Lend a copy that nobody else uses."""
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)

    def try_mutant(self, mutant: Mutant) -> Verdict:
        """Try one mutant in a free copy."""
        with self.borrow() as copy:
            return try_mutant(mutant, copy)

    def check_tests(self, tests: str) -> str:
        """Return the end of the output when these tests fail without any fault; empty when they pass."""
        with self.borrow() as copy:
            ran = run_tests(copy, tests)
        return "" if ran.returncode == 0 else f"{tests} fails without any fault:\n{ran.stdout[-3000:]}"


def main(words: Sequence[str]) -> int:
    """Try all mutants whose name contains one of ``words``, or all; print a line for each."""
    mutants = [mutant for mutant in read_mutants() if not words or any(word in mutant.name for word in words)]
    if lost := find_lost(mutants):
        print("\n".join(lost), file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="nipsys-") as name, ThreadPoolExecutor(WORKERS) as pool:
        workshop = Workshop(pathlib.Path(name))
        if failed := list(filter(None, pool.map(workshop.check_tests, dict.fromkeys(mutant.tests for mutant in mutants)))):
            print("\n".join(failed), file=sys.stderr)
            return 1
        verdicts = []
        for verdict in pool.map(workshop.try_mutant, mutants):
            print(f"{verdict.outcome:<9}{verdict.seconds:5.1f} s  {verdict.name}  {verdict.detail}", flush=True)
            verdicts.append(verdict)
    killed = sum(verdict.outcome == "killed" for verdict in verdicts)
    print(f"{killed} of {len(verdicts)} mutants killed by the unit tests of their room")
    return int(killed != len(verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
