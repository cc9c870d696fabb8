"""Suggest known names for an unknown one: the closest by edit distance, the same few for the same question."""

from collections.abc import Iterable, Mapping

from nipsys.model.problem import join_names


def suggest_names(word: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return up to ``limit`` of the ``known`` names similar to ``word``, ignoring case: closest first, then by name.

    Similar are names one to three edits away, by the length of ``word``, and names that differ only in what comes before the last slash
    (``app-editors/vim``); without any, names that contain ``word``, or that it contains, shortest first.
    """
    wanted = word.lower()
    tail = wanted.rpartition("/")[2]
    allowed = 1 if len(wanted) < 5 else 2 if len(wanted) < 9 else 3
    close, around = [], []
    for name in known:
        low = name.lower()
        if _may_be_close(wanted, low, allowed) and (distance := count_edits(wanted, low, allowed)) <= allowed:
            close.append((distance, sorted(low) != sorted(wanted), name))
        elif tail and low.rpartition("/")[2] == tail:
            close.append((0, False, name))
        elif len(wanted) > 2 and (wanted in low or (len(low) > 2 and low in wanted)):
            around.append((len(name), name))
    return tuple(name for *_, name in sorted(close)[:limit] or sorted(around)[:limit])


def suggest_or_list(word: str, known: Iterable[str], intro: str, synonyms: Mapping[str, str] | None = None) -> str:
    """Return a hint about an unknown ``word``: the known name it probably means, else ``intro`` and all known names in their order.

    ``synonyms`` maps words in lower case to the names that they mean.
    """
    known = tuple(known)
    meant = (synonyms or {}).get(word.lower(), "")
    found = (meant,) if meant in known else suggest_names(word, known, 1)
    return f"did you mean `{found[0]}`?" if found else f"{intro} {join_names(known)}"


def _may_be_close(one: str, two: str, limit: int) -> bool:
    """Return whether two names can be ``limit`` edits apart and begin or end alike: a cheap test, for the names of a whole distribution."""
    if abs(len(one) - len(two)) > limit:
        return False
    return one[:1] in two[:2] or two[:1] in one[:2] or one[1:2] == two[1:2] or one[-3:] == two[-3:]


def count_edits(one: str, two: str, limit: int) -> int:
    """Count insertions, deletions, changes and swaps of adjacent letters between two texts; ``limit + 1`` when there are more."""
    while one and two and one[-1] == two[-1]:
        one, two = one[:-1], two[:-1]
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
    return min(row[-1], limit + 1)
