"""The flag values that a candidate can have, and the values that are requested."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

FlagValues = Mapping[str, tuple[str, ...]]
"""Flag to the values a candidate can have: one if it is fixed; several, the default first, if it is not decided yet."""


class FlagRequest(NamedTuple):
    """One value requested for a flag."""

    flag: str
    value: str
    """``on``, ``off`` or the value of a choice."""


class FlagAlternative(NamedTuple):
    """One alternative of a clause that depends on variants."""

    requests: tuple[FlagRequest, ...]
    """The flag values requested of each member, or of the package itself."""
    members: list[int] | None
    """Candidates that could have them; ``None`` for the package itself."""


def parse_flag_values(flags: Iterable[str]) -> FlagValues:
    """Read ``PackageRecord.flags``."""
    return dict(map(_parse_flag, flags))


def _parse_flag(text: str) -> tuple[str, tuple[str, ...]]:
    free = text.startswith("?")
    body = text[1:] if free else text
    if body[:1] in {"+", "-"}:
        on = body[0] == "+"
        both = ("on", "off") if on else ("off", "on")
        return body[1:], both if free else both[:1]
    flag, equal, values = body.partition("=")
    if not equal:
        return body, ("on",)
    return flag, tuple(values.split(",")) if free else (values,)


def parse_flag_requests(flags: Iterable[str]) -> tuple[FlagRequest, ...]:
    """Read ``Atom.flags``: ``+ssl``, ``-X``, ``graphics=wayland``."""
    return tuple(FlagRequest(flag, values[0]) for flag, values in map(_parse_flag, flags))


def has_values(held: FlagValues, asked: Sequence[FlagRequest]) -> bool:
    """Return whether a candidate can have every requested value; a flag it does not know is off."""
    return all(value in held.get(flag, ("off",)) for flag, value in asked)


def format_flag(flag: str, value: str) -> str:
    """Write a decided flag: ``+ssl``, ``-X``, ``graphics=wayland``."""
    return {"on": f"+{flag}", "off": f"-{flag}"}.get(value, f"{flag}={value}")
