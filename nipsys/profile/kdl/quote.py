"""Words as KDL writes them."""

import re

_BARE = re.compile(r"[A-Za-z_@][A-Za-z0-9_.:@+-]*|[+-][A-Za-z_][A-Za-z0-9_.:@+-]*")
_KEYWORDS = {"true", "false", "null", "inf", "nan"}


def text_of(word: str) -> str:
    """Write a word bare where KDL allows it, else in quotes."""
    return word if _BARE.fullmatch(word) and word not in _KEYWORDS else quoted(word)


def quoted(text: str) -> str:
    """Write text as a KDL string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
