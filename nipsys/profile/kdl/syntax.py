"""Read KDL text whatever its syntax errors: each is located and explained, and the rest is read.

The scanner finds errors in the structure. What only ckdl rejects is located by giving ckdl each node, then each entry, by itself.
Wrong parts are blanked out, so that one syntax error does not hide the next error.
"""

import re
from typing import NamedTuple

import ckdl

from nipsys.profile.kdl.nodes import Node, parse_nodes
from nipsys.profile.positions import KdlSyntaxError, NodePosition, Range, scan_nodes

_MAX_MISTAKES = 50
"""Syntax errors located at once; a text with more is not KDL at all."""


class SyntaxMistake(NamedTuple):
    """One syntax error."""

    at: Range
    message: str
    hint: str | None


class KdlText(NamedTuple):
    """What could be read of a text."""

    nodes: tuple[Node, ...]
    annotations: tuple[Range, ...]
    """Type annotations, brackets included: no file of nipsys has any."""
    mistakes: tuple[SyntaxMistake, ...]
    """At most one for each line: further errors on a line are often consequences of the first."""
    readable: bool = True
    """Whether the rest could be read; ``nodes`` is empty otherwise."""


def read_kdl(text: str) -> KdlText:
    """Read KDL v2 text; syntax errors are returned together with the nodes of the rest, and their positions are those in ``text``."""
    mistakes: dict[int, SyntaxMistake] = {}
    rest = text
    for _ in range(_MAX_MISTAKES):
        try:
            nodes, annotations = parse_nodes(rest)
        except KdlSyntaxError as fault:
            _add(mistakes, text, SyntaxMistake(fault.at, fault.message, fault.hint))
            if fault.deep:
                break
            rest = _blank_out(rest, _word_around(rest, fault.at))
        except ckdl.ParseError as error:
            found = [blame for spot in scan_nodes(rest) for blame in _find_blame(rest, spot)]
            for blame in found:
                _add(mistakes, text, SyntaxMistake(*blame[1:]))
                rest = _blank_out(rest, blame[0])
            if not found:
                hint = "put text with special characters in quotes, and each node on its own line"
                _add(mistakes, text, SyntaxMistake(Range(0, 1), f"this is not KDL: {error}", hint))
                break
        except RecursionError:
            _add(mistakes, text, SyntaxMistake(Range(0, 1), "the blocks are nested too deeply", "a few levels are enough for any file"))
            break
        else:
            return KdlText(nodes, annotations, tuple(mistakes.values()))
    return KdlText((), (), tuple(mistakes.values()), readable=False)


def _add(mistakes: dict[int, SyntaxMistake], text: str, mistake: SyntaxMistake) -> None:
    mistakes.setdefault(text.count("\n", 0, mistake.at.start), mistake)


def _blank_out(text: str, at: Range) -> str:
    """Replace the range ``at`` by spaces, keeping line ends, so that no other position changes."""
    gone = re.sub(r"[^\r\n]", " ", text[at.start : at.end])
    return text[: at.start] + gone + text[at.end :]


def _word_around(text: str, at: Range) -> Range:
    """Extend a range to the word that contains it."""
    start, end = at.start, max(at.end, at.start + 1)
    while start > 0 and not text[start - 1].isspace() and text[start - 1] not in ";{}":
        start -= 1
    while end < len(text) and not text[end].isspace() and text[end] not in ";{}":
        end += 1
    return Range(start, end)


Blame = tuple[Range, Range, str, str | None]
"""Range to blank out, range to mark, message, hint."""


def _is_refused(text: str) -> bool:
    try:
        ckdl.parse(text, version="2")
    except ckdl.ParseError:
        return True
    return False


def _find_blame(text: str, spot: NodePosition) -> list[Blame]:
    """Find the innermost parts of a node that ckdl rejects."""
    if not _is_refused(text[spot.at.start : spot.at.end]):
        return []
    if _is_refused(text[spot.name.start : spot.name.end]):
        return [(spot.at, *_explain_token(text, spot.name))]
    found = [blame for child in spot.children for blame in _find_blame(text, child)]
    found += [(at, *_explain_token(text, at)) for at in spot.arguments if _is_refused(f"- {text[at.start : at.end]}")]
    for key, value in spot.properties:
        bad = next((at for at in (key, value) if _is_refused(f"- {text[at.start : at.end]}")), None)
        if bad:
            found.append((Range(key.start, value.end), *_explain_token(text, bad)))
    if not found and spot.block and not text[spot.block.start - 1].isspace():
        word = text[spot.name.start : spot.name.end]
        return [(spot.at, Range(spot.block.start, spot.block.start + 1), "a block needs a space before its `{`", f"write `{word} {{`")]
    return found or [
        (
            spot.at,
            spot.name,
            f"the node `{text[spot.name.start : spot.name.end]}` is not KDL",
            "put text with special characters in quotes",
        )
    ]


def _explain_token(text: str, at: Range) -> tuple[Range, str, str | None]:
    raw = text[at.start : at.end]
    if raw in {"true", "false", "null", "inf", "-inf", "nan"}:
        return at, f"a bare `{raw}` is not allowed in KDL", f'write `#{raw}` for the value, or `"{raw}"` for the text'
    if raw.startswith('"'):
        return _explain_string(at, raw)
    if raw.startswith("#"):
        word = {
            "true": "true",
            "yes": "true",
            "on": "true",
            "false": "false",
            "no": "false",
            "off": "false",
            "null": "null",
            "none": "null",
        }.get(raw[1:].lower())
        if word:
            return at, f"`{raw}` is not valid KDL", f"write `#{word}`"
        return at, f"`{raw}` is not valid KDL", "a comment begins with `//`; the keywords are `#true`, `#false` and `#null`"
    if raw[0] in "0123456789+-.":
        return at, f"`{raw}` is neither a number nor a name", f'put it in quotes: `"{raw}"`'
    return at, f"`{raw}` is not a valid name in KDL", f'put it in quotes: `"{raw}"`'


_ESCAPE = re.compile(r"\\(?![nrtbfs\"\\\s]|u\{[0-9A-Fa-f]{1,6}\})(u\{?[0-9A-Fa-f]*\}?|.)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _explain_string(at: Range, raw: str) -> tuple[Range, str, str | None]:
    if control := _CONTROL.search(raw):
        place = Range(at.start + control.start(), at.start + control.end())
        return place, f"U+{ord(control[0]):04X} is not allowed in KDL text", f"write it as `\\u{{{ord(control[0]):x}}}`"
    if escape := _ESCAPE.search(raw):
        place = Range(at.start + escape.start(), at.start + escape.end())
        return (
            place,
            f"`{escape[0]}` is not a valid escape in KDL text",
            f'write the backslash twice, `\\{escape[0]}`, or use raw text, `#"…"#`',
        )
    if raw.startswith('"""'):
        return (
            at,
            "this multi-line text is not valid KDL",
            'put both `"""` on their own lines, and indent no line less than the last',
        )
    return at, "this text contains something KDL does not allow", 'put multi-line text between `"""` on their own lines'
