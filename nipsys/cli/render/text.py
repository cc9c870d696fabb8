"""Sizes, counts and tables as plain text."""

from collections.abc import Sequence


def format_size(number: int) -> str:
    """Return a human-readable size: ``999 B``, ``12.3 KB``, ``4.5 GB`` (powers of ten)."""
    if abs(number) < 1000:
        return f"{number} B"
    scaled = float(number)
    for unit in ("KB", "MB", "GB"):
        scaled /= 1000
        if abs(scaled) < 999.95:
            return f"{scaled:.1f} {unit}"
    return f"{scaled / 1000:.1f} TB"


def format_table(rows: Sequence[Sequence[str]], heads: Sequence[str] = ()) -> str:
    """Return ``rows`` (all as long as the first) in columns two spaces apart, below ``heads``; "" when there are no rows."""
    if not rows:
        return ""
    everything = [list(heads), *rows] if heads else list(rows)
    widths = [max(len(row[place]) for row in everything) for place in range(len(everything[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in everything)


def format_count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 package``, ``3 packages``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
