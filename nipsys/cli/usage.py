"""Usage mistakes: problems like all others, with an exit code of their own."""

from nipsys.model import Problem, Rejected


class UsageError(Rejected):
    """A command line that nipsys does not accept: an unknown command or option, a missing or invalid argument."""


def reject_usage(code: str, message: str, *, hint: str | None = None) -> UsageError:
    """Return a ``UsageError`` with one problem, for the caller to raise."""
    return UsageError((Problem(code, message, hint=hint),), "request")
