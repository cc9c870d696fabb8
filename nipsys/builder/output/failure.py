"""Explain a failed build: which step, why, the last lines of the log, where the work directory is."""

import re
from typing import NamedTuple

from nipsys.builder.recipe import ConcreteRecipe
from nipsys.builder.sandbox import Job, Outcome, read_last_lines
from nipsys.model import Problem, Rejected
from nipsys.model.package import Compile, Run, Step

_NETWORK = re.compile(
    r"Temporary failure in name resolution|Could not resolve host|Network is unreachable|bad address|Name or service not known|"
    r"unable to resolve|No address associated|EAI_AGAIN|can't connect to remote host",
)
_STORE = re.compile(
    r"(/store/[a-zA-Z0-9._+-]+)[^\n]*(?:No such file|not found)|(?:cannot open|not found|No such file)[^\n]*?(/store/[a-zA-Z0-9._+-]+)"
)


class _Cause(NamedTuple):
    """Why a job failed, as parts of a problem."""

    code: str
    message: str
    hint: str | None = None


def describe_failure(concrete: ConcreteRecipe, job: Job, outcome: Outcome, kept: str | None, log: str) -> Rejected:
    """Return the problem of a failed job; ``kept`` is its work directory, if that was kept, and ``log`` the kept copy of its log."""
    cause = _find_cause(concrete, job, outcome, read_last_lines(outcome.log))
    notes = (*quote_log(outcome.log, log), *((f"work directory kept: {kept}",) if kept else ()))
    return Rejected(
        (Problem(cause.code, cause.message, concrete.recipe.span, notes, cause.hint),), "host" if outcome.status == "closed" else "build"
    )


def quote_log(written: str, log: str) -> tuple[str, ...]:
    """Return the last lines of the log at ``written``, and the path ``log`` where it is kept, as notes of a problem."""
    lines = read_last_lines(written)
    shown = ("the last lines of the log:", *(f"    {line}" for line in lines)) if lines else ()
    return (*shown, f"log: {log}")


def is_network_failure(text: str) -> bool:
    """Return whether the output of a program says that it found no network."""
    return _NETWORK.search(text) is not None


def _find_cause(concrete: ConcreteRecipe, job: Job, outcome: Outcome, lines: tuple[str, ...]) -> _Cause:
    label = concrete.label()
    if outcome.status == "closed":
        missing = ", ".join(outcome.missing) or "some"
        hint = "`--container` builds in Podman or Docker; `nipsys doctor` shows what this host allows"
        return _Cause("build-sandbox", f"no sandbox for `{label}`: {outcome.message}; isolation missing: {missing}", hint)
    if outcome.status != "done" and outcome.step < 0:
        return _Cause(outcome.code or "build-sandbox", f"`{label}`: {outcome.message}")
    where = f"`{label}`: step {outcome.step + 1} ({_describe_step(job.steps[outcome.step])})"
    text = "\n".join(lines)
    if is_network_failure(text):
        hint = "a build has no network: declare what it downloads as a `source` with its `sha256`"
        return _Cause("build-network", f"{where} tried to use the network: {outcome.message}", hint)
    mounted = {mount.target for mount in job.mounts}
    for found in _STORE.finditer(text):
        path = found[1] or found[2]
        if path not in mounted:
            message = f"{where} uses `{path}`, which is not a declared input: {outcome.message}"
            return _Cause("build-undeclared-input", message, f'add `input "{path.rpartition("/")[2]}"` in the recipe')
    if outcome.code == "build-undeclared-input":
        return _Cause(outcome.code, f"{where}: {outcome.message}", "declare the tree that contains it with `input`")
    return _Cause(outcome.code or "build-step-failed", f"{where}: {outcome.message}")


def _describe_step(step: Step) -> str:
    if isinstance(step, Run):
        return f"run {step.argv[0]}"
    if isinstance(step, Compile):
        return f"compile {step.name}"
    return type(step).__name__.lower()
