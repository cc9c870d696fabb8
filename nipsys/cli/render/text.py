"""Values as plain text: sizes, tables."""

from collections.abc import Sequence


def size(number: int) -> str:
    """Say a number of bytes as people read it: ``999 B``, ``12.3 KB``, ``4.5 GB`` (powers of ten)."""
    if abs(number) < 1000:
        return f"{number} B"
    scaled = float(number)
    for unit in ("KB", "MB", "GB"):
        scaled /= 1000
        if abs(scaled) < 999.95:
            return f"{scaled:.1f} {unit}"
    return f"{scaled / 1000:.1f} TB"


def table(rows: Sequence[Sequence[str]], heads: Sequence[str] = ()) -> str:
    """Align ``rows`` (all as long as the first) in columns two spaces apart; ``heads`` go on top when there are rows."""
    if not rows:
        return ""
    everything = [list(heads), *rows] if heads else list(rows)
    widths = [max(len(row[place]) for row in everything) for place in range(len(everything[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in everything)


def count(number: int, noun: str, plural: str = "") -> str:
    """Say how many: ``1 package``, ``3 packages``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
