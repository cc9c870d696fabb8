"""Select an engine by name."""

from collections.abc import Collection

from nipsys.model import reject
from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.instance import Answer, BudgetExceeded, Core, Instance, Solver


class FallbackEngine:
    """The built-in engine; past its budget of conflicts python-sat or, without that, the built-in engine with a larger budget."""

    def __init__(self, budget: int) -> None:
        """Allow ``budget`` conflicts before using the fallback."""
        self._budget = budget

    def solve(self, instance: Instance) -> Answer | Core:
        """Return an answer, or the core of the conflict."""
        try:
            return CdclEngine(self._budget).solve(instance)
        except BudgetExceeded:
            try:
                from nipsys.resolve.engines.sat import SatEngine  # noqa: PLC0415 - optional, heavy

                return SatEngine().solve(instance)
            except ImportError:
                return CdclEngine((self._budget + 1) * 1000).solve(instance)


def engine_of(name: str, budget: int, locked: Collection[int], *, minimal_change: bool, optimal: bool) -> Solver:
    """Return the engine called ``name``; raise ``Rejected`` (kind ``host``) when it is not installed."""
    if minimal_change or optimal:
        name = "asp"
    try:
        if name == "sat":
            from nipsys.resolve.engines.sat import SatEngine  # noqa: PLC0415 - optional, heavy

            return SatEngine()
        if name == "asp":
            from nipsys.resolve.engines.asp import AspEngine  # noqa: PLC0415 - optional, heavy

            return AspEngine(locked if minimal_change else ())
    except ImportError as error:
        raise reject("host", "missing-module", f"the engine `{name}` is not installed: {error}", hint=f"install `nipsys[{name}]`") from None
    return CdclEngine() if name == "lazy" else FallbackEngine(budget)
