"""Why a profile cannot be resolved, and what would fix it."""

from typing import NamedTuple

from nipsys.model.problem import Problem, Rejected
from nipsys.model.span import Span


class Reason(NamedTuple):
    """One fact of a contradiction, as a sentence."""

    text: str
    span: Span | None = None
    """The place in the profile, when the fact is a request of the user."""


class Fix(NamedTuple):
    """A change of the profile that was tried and works."""

    text: str
    """What to do, as an instruction: ``drop `exim4` ``."""
    kind: str
    """``drop``, ``unpin``, ``widen``, ``flip``, ``allow``."""
    name: str
    """The package it is about."""


class Conflict(NamedTuple):
    """The profile cannot be satisfied."""

    problems: tuple[Problem, ...]
    """Errors found without a search: unknown packages, ranges that no version matches. Empty when only a search found the conflict."""
    reasons: tuple[Reason, ...] = ()
    """A minimal contradiction, beginning with the requests of the profile."""
    fixes: tuple[Fix, ...] = ()
    """One to three, best first; each was verified by solving again."""

    def to_rejected(self) -> Rejected:
        """Return the exception that carries this conflict to the user."""
        if self.problems:
            return Rejected(self.problems, "request")
        span = next((reason.span for reason in self.reasons if reason.span), None)
        notes = tuple(f"{reason.text} ({reason.span})" if reason.span else reason.text for reason in self.reasons)
        hint = "; or ".join(fix.text for fix in self.fixes) or None
        return Rejected((Problem("conflict", "these requests conflict", span, notes, hint),), "request")
