"""Select an engine by name."""

from collections.abc import Collection

from nipsys.model.problem import reject
from nipsys.resolve.engines.cdcl import Lazy
from nipsys.resolve.engines.instance import Answer, Core, Question, Solver, TooHard


class Patient:
    """The built-in engine; past its budget of conflicts python-sat or, without that, the built-in engine with a larger budget."""

    def __init__(self, budget: int) -> None:
        """Allow ``budget`` conflicts before using the fallback."""
        self._budget = budget

    def solve(self, question: Question) -> Answer | Core:
        """Return an answer, or the core of the conflict."""
        try:
            return Lazy(self._budget).solve(question)
        except TooHard:
            try:
                from nipsys.resolve.engines.sat import Sat  # noqa: PLC0415 - optional, heavy

                return Sat().solve(question)
            except ImportError:
                return Lazy((self._budget + 1) * 1000).solve(question)


def engine_of(name: str, budget: int, locked: Collection[int], *, minimal_change: bool, optimal: bool) -> Solver:
    """Return the engine called ``name``; raise ``Rejected`` (kind ``host``) when it is not installed."""
    if minimal_change or optimal:
        name = "asp"
    try:
        if name == "sat":
            from nipsys.resolve.engines.sat import Sat  # noqa: PLC0415 - optional, heavy

            return Sat()
        if name == "asp":
            from nipsys.resolve.engines.asp import Asp  # noqa: PLC0415 - optional, heavy

            return Asp(locked if minimal_change else ())
    except ImportError as error:
        raise reject("host", "no-engine", f"the engine `{name}` is not installed: {error}", hint=f"install `nipsys[{name}]`") from None
    return Lazy() if name == "lazy" else Patient(budget)
