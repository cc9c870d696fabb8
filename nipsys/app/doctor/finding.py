"""What ``doctor`` finds."""

from typing import Literal, NamedTuple

State = Literal["holds", "partly", "fails"]


class Finding(NamedTuple):
    """One guarantee."""

    name: str
    state: State
    told: str
    """What was found, a sentence without a full stop."""
    hint: str = ""
    tried: tuple[str, ...] = ()
    """What was tried one after the other, each with how it went."""
