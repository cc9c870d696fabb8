"""Errors as values: functions collect problems, and one exception carries them out of the library."""

from collections.abc import Iterable
from typing import Literal

from nipsys.model.span import Span
from nipsys.model.value import Frozen

ProblemKind = Literal["profile", "request", "source", "build", "store", "host", "bug"]
"""What is at fault: the profile text, the user's request, a mirror, a build, the store, the host, or nipsys itself."""


class Problem(Frozen):
    """One error: what, where, why and what to do about it."""

    code: str
    """A short stable name such as ``unknown-package``; tests and tools match on it."""
    message: str
    """One line without a full stop; names and commands in backticks."""
    span: Span | None = None
    """The place in the profile that caused it."""
    notes: tuple[str, ...] = ()
    """Facts that explain why, one line each."""
    hint: str | None = None
    """What to do."""


class Rejected(Exception):  # noqa: N818 - a result, not a defect of the program
    """The only exception that leaves the library: all problems found, together."""

    problems: tuple[Problem, ...]
    kind: ProblemKind

    def __init__(self, problems: Iterable[Problem], kind: ProblemKind) -> None:
        """Carry ``problems`` (at least one) of one ``kind``."""
        self.problems = tuple(problems)
        self.kind = kind
        super().__init__("; ".join(problem.message for problem in self.problems))


def reject(kind: ProblemKind, code: str, message: str, *notes: str, hint: str | None = None, span: Span | None = None) -> Rejected:
    """Return a ``Rejected`` with one problem, for the caller to raise."""
    return Rejected((Problem(code, message, span, notes, hint),), kind)


def join_names(names: Iterable[str], word: str = "and") -> str:
    """Return names as one readable list: ``a``, ``b`` and ``c``, each in backquotes; at least one."""
    *others, last = [f"`{name}`" for name in names]
    return f"{', '.join(others)} {word} {last}" if others else last
