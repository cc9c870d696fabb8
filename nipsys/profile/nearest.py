"""Find the known name closest to a mistyped one."""

from collections.abc import Iterable


def find_closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to ``word``, or ``None`` when none is close."""
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    names = {name.casefold(): name for name in sorted(known)}
    found = get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def join_names(names: Iterable[str]) -> str:
    """Return names as one readable list: ``a``, ``b`` and ``c``, each in backquotes."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" and {quoted[-1]}"
