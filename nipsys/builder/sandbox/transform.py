"""Generate text from text: the pure transformations of a recipe's ``generate`` step. Only the standard library is used."""

import re
from collections.abc import Callable, Sequence
from typing import TypedDict


class PartValue(TypedDict):
    """A ``Part`` of a recipe as the sandbox receives it; see ``nipsys.model.package.recipe.TextPart``."""

    text: str
    origin: Sequence[str]
    until: str
    after: str
    keep: str
    substitutions: Sequence[Sequence[str]]
    names: str
    templates: Sequence[Sequence[str]]
    chosen: Sequence[str]
    values: Sequence[Sequence[str]]


def generate_text(parts: Sequence[PartValue], read: Callable[[str], list[str]]) -> str:
    """Return the text of all parts; ``read`` returns the contents of the files that match a pattern, in order of their paths."""
    return "".join(part["text"] + _generate_part(part, read) for part in parts)


def _generate_part(part: PartValue, read: Callable[[str], list[str]]) -> str:
    lines = [
        line for pattern in part["origin"] for text in read(pattern) for line in _cut_lines(text.splitlines(), part["until"], part["after"])
    ]
    if part["keep"]:
        keep = re.compile(part["keep"])
        lines = [line for line in lines if keep.search(line)]
    if part["names"]:
        return _fill_table(part, lines)
    for pattern, replacement in part["substitutions"]:
        search = re.compile(pattern)
        lines = [search.sub(replacement, line) for line in lines]
    return "".join(line + "\n" for line in lines)


def _cut_lines(lines: list[str], until: str, after: str) -> list[str]:
    if after:
        lines = lines[_find_line(lines, after) + 1 :]
    return lines[: _find_line(lines, until)] if until else lines


def _find_line(lines: list[str], pattern: str) -> int:
    search = re.compile(pattern)
    return next((number for number, line in enumerate(lines) if search.search(line)), len(lines))


def _fill_table(part: PartValue, lines: list[str]) -> str:
    search = re.compile(part["names"])
    names = sorted({found[1] for line in lines if (found := search.search(line))})
    templates = {kind: text for kind, text in part["templates"]}  # noqa: C416 - pairs arrive as lists
    values = {name: value for name, value in part["values"]}  # noqa: C416
    chosen = set(part["chosen"])
    missing = sorted((chosen | set(values)) - set(names))
    if missing:
        raise ValueError("unknown names: " + ", ".join(missing))
    out = []
    for name in names:
        if name in values:
            out.append(_fill_template(templates["value"], name, values[name]))
        else:
            out.append(_fill_template(templates["on" if name in chosen else "off"], name, ""))
    return "".join(out)


def _fill_template(template: str, name: str, value: str) -> str:
    return template.replace("@", name).replace("$", value)
