"""What can be wrong, as a value: functions collect problems, one exception carries them out."""

from collections.abc import Iterable
from typing import Literal

from nipsys.model.span import Span
from nipsys.model.value import Frozen

Kind = Literal["profile", "request", "source", "build", "store", "host", "bug"]
"""Which part of the world is at fault: the user's text, what he asks for, a mirror, a build, the store, the host, us."""


class Problem(Frozen):
    """One mistake: what, where, why and what to do."""

    code: str
    """A short stable name such as ``unknown-package``; tests and tools match on it."""
    message: str
    """One line without a full stop; names and commands stand in backticks."""
    span: Span | None = None
    """The place in the profile that caused it."""
    notes: tuple[str, ...] = ()
    """Why: facts that explain, a line each."""
    hint: str | None = None
    """What to do."""


class Rejected(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """The one exception that leaves the library: everything found wrong, at once."""

    def __init__(self, problems: Iterable[Problem], kind: Kind) -> None:
        """Carry ``problems`` (at least one) of one ``kind``."""
        self.problems = tuple(problems)
        self.kind: Kind = kind
        super().__init__("; ".join(problem.message for problem in self.problems))


def reject(kind: Kind, code: str, message: str, *notes: str, hint: str | None = None, span: Span | None = None) -> Rejected:
    """Return a ``Rejected`` with a single problem, to be raised by the caller."""
    return Rejected((Problem(code, message, span, notes, hint),), kind)
