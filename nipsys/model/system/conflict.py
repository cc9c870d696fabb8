"""Why there is no answer, and what would help."""

from typing import NamedTuple

from nipsys.model.problem import Problem, Rejected
from nipsys.model.span import Span


class Reason(NamedTuple):
    """One fact of a contradiction, as a sentence."""

    text: str
    span: Span | None = None
    """The place in the profile, when the fact is the user's own wish."""


class Fix(NamedTuple):
    """A change of the profile that was tried and found to work."""

    text: str
    """What to do, as an instruction: ``drop `exim4` ``."""
    kind: str
    """``drop``, ``unpin``, ``widen``, ``flip``, ``allow``."""
    name: str
    """The package it is about."""


class Conflict(NamedTuple):
    """The profile cannot be satisfied."""

    problems: tuple[Problem, ...]
    """Everything wrong that needs no search: unknown packages, ranges nothing fits. Empty when it took a search to know."""
    reasons: tuple[Reason, ...] = ()
    """A minimal contradiction, told from the profile's wishes on."""
    fixes: tuple[Fix, ...] = ()
    """One to three, best first; each was solved again."""

    def rejected(self) -> Rejected:
        """Return the exception that carries this conflict to the user."""
        if self.problems:
            return Rejected(self.problems, "request")
        span = next((reason.span for reason in self.reasons if reason.span), None)
        notes = tuple(f"{reason.text} ({reason.span})" if reason.span else reason.text for reason in self.reasons)
        hint = "; or ".join(fix.text for fix in self.fixes) or None
        return Rejected((Problem("conflict", "these wishes cannot all be met", span, notes, hint),), "request")
