"""Edit a KDL profile's text at the positions the scanner gives."""

import re
from collections.abc import Iterable

from nipsys.model.system import DOMAINS, Flag, Request, SettingValue
from nipsys.profile.kdl import format_word, parse_nodes, quote
from nipsys.profile.positions import NodePosition, Range, scan_nodes


def add(text: str, request: Request) -> str:
    """Add ``request`` to the last ``packages`` block, sorted if the block is sorted; replace requests of the same name."""
    found = _find_requests(text)
    same = [spot for block, spot, name in found if name == request.name]
    if same:
        return _replace_nodes(text, [(same[0].at, format_request(request)), *((spot.at, None) for spot in same[1:])])
    blocks = [spot for spot in scan_nodes(text) if text[spot.name.start : spot.name.end] == "packages"]
    if not blocks:
        end = _line_end(text)
        gap = "" if not text or text.endswith(end * 2) else end if text.endswith("\n") else end * 2
        return f"{text}{gap}packages {{{end}    {format_request(request)}{end}}}{end}"
    return _insert(text, blocks[-1], request)


def remove(text: str, name: str) -> str:
    """Remove every request for ``name``."""
    return _replace_nodes(text, [(spot.at, None) for _, spot, found in _find_requests(text) if found == name])


def set_flag(text: str, name: str, flag: Flag) -> str:
    """Set a flag of the one request for ``name``."""
    spot = next(spot for _, spot, found in _find_requests(text) if found == name)
    word = _format_flag(flag)
    for at in spot.arguments:
        raw = text[at.start : at.end].strip('"')
        if (raw[:1] in {"+", "-"} and raw[1:] == flag.name) or raw.startswith(f"{flag.name}="):
            return text[: at.start] + word + text[at.end :]
    for key, value in spot.properties:
        if text[key.start : key.end].strip('"') == flag.name:
            return text[: key.start] + word + text[value.end :]
    after = spot.arguments[-1].end if spot.arguments else spot.name.end
    return f"{text[:after]} {word}{text[after:]}"


def format_request(request: Request) -> str:
    """Return a request as a node."""
    words = [format_word(request.name)]
    if request.range.text:
        words.append(quote(request.range.text))
    words += [_format_flag(flag) for flag in request.flags]
    settings: list[tuple[str, SettingValue]] = [("source", request.source), ("pin", request.pin), ("prefer", request.prefer)]
    if request.expose is not None:
        settings.append(("expose", " ".join(request.expose) or False))
    words += [f"{key}={_format_value(value)}" for key, value in [*settings, *request.settings] if value is not None]
    return " ".join(words)


def _format_flag(flag: Flag) -> str:
    """Write a flag: a domain is a property, anything else a word."""
    if flag.name in DOMAINS and flag.value not in {"on", "off"} and "," not in flag.value:
        return f"{flag.name}={quote(flag.value)}"
    return format_word(str(flag))


def _format_value(value: SettingValue) -> str:
    match value:
        case bool():
            return f"#{str(value).lower()}"
        case str():
            return quote(value)
        case _:
            return str(value)


def _find_requests(text: str) -> list[tuple[NodePosition, NodePosition, str]]:
    """Return block, node and name of every request in the top-level ``packages`` blocks."""
    spots, (nodes, _) = scan_nodes(text), parse_nodes(text)
    found = []
    for spot, node in zip(spots, nodes, strict=True):
        if node.name == "packages":
            found += [(spot, inner, child.name) for inner, child in zip(spot.children, node.children, strict=True)]
    return found


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _insert(text: str, block: NodePosition, request: Request) -> str:
    """Insert a node into a block, on its own line unless the block is written on one line."""
    node, end = format_request(request), _line_end(text)
    if block.block is None:
        return f"{text[: block.at.end]} {{{end}    {node}{end}}}{text[block.at.end :]}"
    if not block.children:
        inner = text[block.block.start + 1 : block.block.end - 1]
        keep = inner.rstrip() + end if inner.strip() else end
        return f"{text[: block.block.start + 1]}{keep}    {node}{end}{text[block.block.end - 1 :]}"
    before = _find_predecessor(text, block, request.name)
    if "\n" not in text[block.block.start : block.children[0].at.start]:
        return _insert_inline(text, block, before, node)
    indent = _indent(text, block.children[0].at.start)
    if before is None:
        start = text.rindex("\n", 0, block.children[0].at.start) + 1
        return f"{text[:start]}{indent}{node}{end}{text[start:]}"
    stop = _line_end_after(text, before.at.end, block.block.end - 1)
    if stop == block.block.end - 1:
        return f"{text[: before.at.end]}{end}{indent}{node}{end}{text[stop:]}"
    glue = "" if text[stop : stop + 1] in {"\n", "\r"} else end
    return f"{text[:stop]}{end}{indent}{node}{glue}{text[stop:]}"


def _insert_inline(text: str, block: NodePosition, before: NodePosition | None, node: str) -> str:
    if before is None:
        start = block.children[0].at.start
        return f"{text[:start]}{node}; {text[start:]}"
    return f"{text[: before.at.end]}; {node}{text[before.at.end :]}"


def _find_predecessor(text: str, block: NodePosition, name: str) -> NodePosition | None:
    """Return the node after which ``name`` goes: in order if the block is sorted, else the last; ``None`` at the start of the block."""
    names = [text[child.name.start : child.name.end].strip('"') for child in block.children]
    if names != sorted(names):
        return block.children[-1]
    smaller = [child for child, other in zip(block.children, names, strict=True) if other < name]
    return smaller[-1] if smaller else None


def _indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _line_end_after(text: str, at: int, limit: int) -> int:
    """Return the end of the line that contains ``at``, its comment included, but not past ``limit``."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end - (text[end - 1] == "\r")
    return min(end, limit) if end <= limit or text[at:limit].strip() == "" else at


def _replace_nodes(text: str, changes: Iterable[tuple[Range, str | None]]) -> str:
    """Replace nodes, from the end so that no position changes; ``None`` removes one with its line."""
    for at, node in sorted(changes, key=lambda change: change[0].start, reverse=True):
        start, end = at if node is not None else _widen(text, at)
        text = text[:start] + (node or "") + text[end:]
    return text


_TAIL = re.compile(r"[ \t]*(?:;[ \t]*)?(?://[^\n]*)?(?:\r?\n|\Z)")


def _widen(text: str, at: Range) -> Range:
    """Extend the range of a node to its line, or to the semicolon that ends it."""
    begin = text.rfind("\n", 0, at.start) + 1
    tail = _TAIL.match(text, at.end)
    if not text[begin : at.start].strip() and tail:
        return Range(begin, tail.end())
    semicolon = re.compile(r"[ \t]*;[ \t]*").match(text, at.end)
    if semicolon:
        return Range(at.start, semicolon.end())
    before = re.compile(r"[ \t]*;?[ \t]*\Z").search(text[: at.start])
    opens = before and text[: before.start()].endswith("{")
    return Range(before.start() if before and not opens else at.start, at.end)
