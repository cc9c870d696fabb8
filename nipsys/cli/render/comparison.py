"""Packages beside one another: age, size and C library as people read them."""

from datetime import datetime
from typing import TYPE_CHECKING

from nipsys.cli.render.text import count, size

if TYPE_CHECKING:
    from nipsys.app.query.comparison import Side


def compared(side: "Side", now: str) -> tuple[str, str, str]:
    """Give age, size and C library; ``-`` for what is not known. ``over 3 days``: the package is in a state as old as that."""
    told = age(side.date, now)
    return (told if side.exact or told == "-" else f"over {told}"), size(side.size) if side.size else "-", side.libc or "-"


def age(date: str, now: str) -> str:
    """Say how long ago a moment was, in the largest unit that fits: ``5 hours``, ``12 days``, ``3 years``; ``-`` when it is none."""
    try:
        seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(date)).total_seconds()
    except (ValueError, TypeError):
        return "-"
    for unit, length in (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3600)):
        if seconds >= length:
            return count(int(seconds // length), unit)
    return "an hour"
