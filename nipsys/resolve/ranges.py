"""Version ranges in the syntax of the profile."""

import re

from nipsys.model.package import Atom

_COMPARISON = re.compile(r"(<<|<=|==|>=|>>|!=|[<>=])?\s*([^\s<>=!,|]+)").fullmatch
_PARTS = re.compile(r"\s*,\s*|\s+(?=[<>=!])").split
_PLAIN = {None: "=", "==": "=", "<<": "<", ">>": ">"}


def parse_range(name: str, text: str) -> tuple[Atom, ...]:
    """Read a version range: comparisons joined by commas or spaces, all of which must hold; anything else is left to the dialect.

    A bare version means exactly that version. ``>= 9, < 10`` becomes two atoms; ``^1.2`` becomes one with the relation ``in``.
    """
    text = text.strip()
    parts = [_COMPARISON(part) for part in _PARTS(text)]
    if all(found is not None and "*" not in found[2] and not found[2].startswith(("^", "~")) for found in parts):
        return tuple(Atom(name, _PLAIN.get(found[1], found[1]), found[2]) for found in parts if found is not None)
    return (Atom(name, "in", text),)
