"""The columns that compare one package across sources: age, size and C library."""

from datetime import datetime
from typing import TYPE_CHECKING

from nipsys.cli.render.text import format_count, format_size

if TYPE_CHECKING:
    from nipsys.app.query import Comparison


def format_side(side: "Comparison", now: str) -> tuple[str, str, str]:
    """Return age, size and C library; ``-`` when unknown. ``over 3 days`` means at least as old as the snapshot it is in."""
    passed = format_age(side.date, now)
    return (passed if side.exact or passed == "-" else f"over {passed}"), format_size(side.size) if side.size else "-", side.libc or "-"


def format_age(date: str, now: str) -> str:
    """Return how long before ``now`` a date was, in the largest unit: ``5 hours``, ``12 days``, ``3 years``; ``-`` if it is invalid."""
    try:
        seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(date)).total_seconds()
    except (ValueError, TypeError):
        return "-"
    for unit, length in (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3600)):
        if seconds >= length:
            return format_count(int(seconds // length), unit)
    return "an hour"
