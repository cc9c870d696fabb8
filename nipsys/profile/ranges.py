"""Version ranges in the syntax of the profile, split into comparisons; how versions are ordered is left to each source's dialect."""

import re

from nipsys.model import Span, reject
from nipsys.model.package import Atom
from nipsys.model.system import ANY_VERSION, VersionRange

RANGE_HINT = "write it in the ecosystem's own syntax: `>=9`, `=1.2-3`, `^1.2`"

# Patterns are texts: `re` compiles and keeps them on first use, and most profiles have no range.
_COMPARISON = r"(<<|<=|==|>=|>>|!=|[<>=])?\s*([0-9A-Za-z][0-9A-Za-z.+~:_^\-]*)"
_SEPARATOR = r"\s*,\s*|\s+(?=[<>=!])"
_RELATIONS = {None: "=", "==": "=", "<<": "<", ">>": ">"}

_VERSION = r"(?:[0-9]+!)?[0-9A-Za-z*][0-9A-Za-z.+~:_^*\-]*"
_BOUND = rf"(?:===?|~=|~>|[<>!]=|<<|>>|[<>]?~|[<>=^])?\s*{_VERSION}"
_BOUNDS = rf"{_BOUND}(?:(?:\s*,\s*|\s+|(?=[<>!])){_BOUND})*,?"
_ALTERNATIVE = rf"(?:{_VERSION}\s+-\s+{_VERSION}|{_BOUNDS})"
_DIALECT_RANGE = rf"{_ALTERNATIVE}(?:\s*\|\|\s*{_ALTERNATIVE})*"
"""Everything that the dialect of some source can read: ``^1.2``, ``~=1.2``, ``==1.*``, ``1!2``, ``>=1<2``, ``1 - 2``, ``1 || 2``."""


def parse_range(text: str, span: Span | None = None) -> VersionRange:
    """Parse a version range; raise ``ValueError`` with a readable message when no source can read it.

    Comparisons are joined by commas or spaces; a bare version means exactly that version, ``*`` and nothing mean any version.
    ``>= 9, < 10`` becomes two atoms. What only one ecosystem writes, such as ``^1.2``, becomes one atom with the relation ``in``.
    """
    text = text.strip()
    if text in {"", "*"}:
        return ANY_VERSION
    parts = [re.fullmatch(_COMPARISON, part) for part in re.split(_SEPARATOR, text)]
    if all(parts):
        comparisons = tuple(Atom("", _RELATIONS.get(found[1], found[1]), found[2]) for found in parts if found)
    elif re.fullmatch(_DIALECT_RANGE, text):
        comparisons = (Atom("", "in", text),)
    else:
        raise ValueError(f"`{text}` is not a version range")
    return VersionRange(text, comparisons, span)


def require_range(text: str) -> VersionRange:
    """Parse a version range from the command line; raise ``Rejected`` (kind ``request``) when no source can read it."""
    try:
        return parse_range(text)
    except ValueError as error:
        raise reject("request", "bad-value", str(error), hint=RANGE_HINT) from None
