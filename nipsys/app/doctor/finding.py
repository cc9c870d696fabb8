"""The result of one check of ``doctor``."""

from typing import Literal, NamedTuple

Status = Literal["holds", "partly", "fails"]


class Finding(NamedTuple):
    """One guarantee and whether it holds on this host."""

    name: str
    state: Status
    told: str
    """What was found: one sentence without a full stop."""
    hint: str = ""
    tried: tuple[str, ...] = ()
    """What was tried, in order, each with its outcome."""
