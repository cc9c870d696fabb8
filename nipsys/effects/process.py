"""Run a program and capture its output."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from nipsys.model import Frozen


class Finished(Frozen):
    """How a program ended."""

    code: int
    """Its exit code; negative for a signal; 124 after a timeout; 127 when it could not be started."""
    output: str
    """Its standard output and error together, or standard output alone when errors were captured separately."""
    errors: str = ""


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    seconds: float = 300,
    input: bytes = b"",  # noqa: A002 - the name in `subprocess`
    apart: bool = False,
    before: Callable[[], None] | None = None,
) -> Finished:
    """Run ``argv`` without a shell and wait, at most ``seconds``. Never raises for what the program does.

    ``apart`` captures standard error separately from ``output``; ``before`` runs in the child before it executes the program.
    """
    errors = subprocess.PIPE if apart else subprocess.STDOUT
    try:
        done = subprocess.run(
            list(argv), env=env, cwd=cwd, input=input, stdout=subprocess.PIPE, stderr=errors, timeout=seconds, check=False,
            preexec_fn=before,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        return Finished(124, (late.output or b"").decode(errors="replace"), f"more than {seconds:g} seconds")
    except OSError as error:
        return Finished(127, "", f"{argv[0]}: {error.strerror}")
    return Finished(done.returncode, done.stdout.decode(errors="replace"), (done.stderr or b"").decode(errors="replace"))


def replace_process(program: str, argv: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Replace this process by ``program``; ``OSError`` when it cannot be executed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(program, list(argv), dict(env))  # noqa: S606 - the program the user asked for
