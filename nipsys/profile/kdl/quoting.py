"""Write words and strings in KDL syntax."""

import re

_BARE = re.compile(r"[A-Za-z_@][A-Za-z0-9_.:@+-]*|[+-][A-Za-z_][A-Za-z0-9_.:@+-]*")
_KEYWORDS = {"true", "false", "null", "inf", "nan"}


def format_word(word: str) -> str:
    """Return a word, in quotes unless KDL allows it bare."""
    return word if _BARE.fullmatch(word) and word not in _KEYWORDS else quote(word)


def quote(text: str) -> str:
    """Return text as a quoted KDL string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
