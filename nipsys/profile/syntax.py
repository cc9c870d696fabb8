"""KDL text into a document, and when it is no KDL, which part of it is to blame.

The scanner finds what breaks the structure. What ckdl alone refuses is looked for by giving ckdl each node, then each entry, by itself.
"""

import ckdl

from nipsys.profile import kdl
from nipsys.profile.document import Document
from nipsys.profile.scan import Fault, Range, Spot, scan


def fill(document: Document) -> None:
    """Read the document's text into its value; every mistake of syntax becomes a problem at its place."""
    text = document.where.text.body
    try:
        nodes, kinds = kdl.parse(text)
    except Fault as fault:
        document.add("syntax", fault.message, fault.at, hint=fault.hint)
    except ckdl.ParseError as error:
        found = [blame for spot in scan(text) for blame in _blamed(text, spot)]
        for at, message, hint in found or [(Range(0, 1), f"this is not KDL: {error}", None)]:
            document.add("syntax", message, at, hint=hint)
    except RecursionError:
        document.add("syntax", "the blocks are nested too deeply", Range(0, 1), hint="a profile needs no more than four levels")
    else:
        for at in kinds:
            document.add("unknown-key", f"a profile has no types, but `{text[at.start : at.end]}` stands here", at, hint="remove it")
        kdl.fill(document, nodes)


Blame = tuple[Range, str, str | None]


def _fails(text: str) -> bool:
    try:
        ckdl.parse(text, version="2")
    except ckdl.ParseError:
        return True
    return False


def _blamed(text: str, spot: Spot) -> list[Blame]:
    """Find the innermost parts of a node that ckdl refuses."""
    if not _fails(text[spot.at.start : spot.at.end]):
        return []
    found = [blame for child in spot.children for blame in _blamed(text, child)]
    values = [spot.name, *spot.arguments, *(place for pair in spot.properties for place in pair)]
    for at in values:
        bad = _fails(text[at.start : at.end]) if at is spot.name else _fails(f"- {text[at.start : at.end]}")
        if bad:
            found.append(_token(text, at))
    if not found and spot.block and text[spot.block.start - 1] not in " \t}":
        found.append((Range(spot.block.start, spot.block.start + 1), "a block needs a space before its `{`", "put a space before it"))
    return found or [
        (spot.name, f"the node `{text[spot.name.start : spot.name.end]}` is not KDL", "text with special characters stands in quotes")
    ]


def _token(text: str, at: Range) -> Blame:
    raw = text[at.start : at.end]
    if raw in {"true", "false", "null", "inf", "-inf", "nan"}:
        return at, f"`{raw}` alone has no meaning in KDL", f'write `#{raw}` for the value, or `"{raw}"` for the text'
    if raw.startswith('"'):
        return (
            at,
            "this text holds something KDL does not allow",
            'a backslash is written `\\\\`; text over several lines stands between `"""` on lines of their own',
        )
    if raw.startswith("#"):
        return at, f"`{raw}` has no meaning in KDL", "a comment begins with `//`; `#true`, `#false` and `#null` are the words with a `#`"
    if raw[0] in "0123456789+-.":
        return at, f"`{raw}` is neither a number nor a name", f'put it in quotes: `"{raw}"`'
    return at, f"`{raw}` is not a name KDL takes", f'put it in quotes: `"{raw}"`'
