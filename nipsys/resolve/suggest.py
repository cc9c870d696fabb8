"""Suggest names similar to one that does not exist."""

from nipsys.index import Index


def suggest_names(name: str, index: Index, limit: int = 3) -> tuple[str, ...]:
    """Return up to ``limit`` names of the index similar to ``name``: few edits away, else containing it."""
    wanted = name.lower()
    tail = wanted.rsplit("/", 1)[-1]
    allowed = 1 if len(wanted) < 5 else 2 if len(wanted) < 9 else 3
    scored = []
    for known in index.all_names():
        low = known.lower()
        if abs(len(low) - len(wanted)) <= allowed and (low[0] == wanted[0] or low[1:2] == wanted[1:2]):
            distance = count_edits(wanted, low, allowed)
            if distance <= allowed:
                scored.append((distance, sorted(low) != sorted(wanted), known))
        elif low.rsplit("/", 1)[-1] == tail:
            scored.append((0, False, known))
    scored.sort()
    found = [known for _, _, known in scored[:limit]]
    if not found and len(wanted) > 2:
        inside = sorted((index.name_of(number) for number in index.names_containing(wanted)), key=lambda known: (len(known), known))
        found = inside[:limit]
    return tuple(found)


def count_edits(one: str, two: str, limit: int) -> int:
    """Count insertions, deletions, changes and swaps of adjacent letters between two texts; ``limit + 1`` when there are more."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for place, letter in enumerate(one, 1):
        last, before, row = before, row, [place]
        for other, wanted in enumerate(two, 1):
            best = min(before[other] + 1, row[other - 1] + 1, before[other - 1] + (letter != wanted))
            if last and other > 1 and letter == two[other - 2] and one[place - 2] == wanted:
                best = min(best, last[other - 2] + 1)
            row.append(best)
        if min(row) > limit:
            return limit + 1
    return row[-1]
