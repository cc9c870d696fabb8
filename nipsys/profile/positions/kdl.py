"""Find the positions of everything in a KDL document, which ckdl does not report.

The scanner walks KDL v2 (https://kdl.dev/spec/) without checking values: strings, words, blocks, comments and slashdashes. Its tree has
the shape of ckdl's, node for node, so that the two can be walked in parallel. Text with a broken structure raises ``KdlSyntaxError``.
"""

import re
from typing import NamedTuple


class Range(NamedTuple):
    """A half-open range of the text, in characters."""

    start: int
    end: int


class NodePosition(NamedTuple):
    """The positions of one node that is not commented out."""

    at: Range
    """From its type annotation or name to the end of its last entry or block."""
    kind: Range | None
    """Its type annotation, brackets included."""
    name: Range
    arguments: tuple[Range, ...]
    properties: tuple[tuple[Range, Range], ...]
    """Key and value of each, in the order of the text."""
    block: Range | None
    """Its children, braces included."""
    children: tuple["NodePosition", ...]
    kinds: tuple[Range, ...] = ()
    """Type annotations of arguments and property values."""


class KdlSyntaxError(Exception):
    """The text is not a KDL document; ``at`` says where, ``message`` why, ``hint`` what to do."""

    def __init__(self, at: Range, message: str, hint: str | None = None, *, deep: bool = False) -> None:
        """Hold the range, the message and the hint; ``deep`` means that the text after it cannot be read either."""
        super().__init__(message)
        self.deep = deep
        self.at = at
        self.message = message
        self.hint = hint


_SPACE = r"[ \t\u000b\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]"
_BLANK = re.compile(rf"(?:{_SPACE}|\\{_SPACE}*(?://[^\n]*)?(?:\r\n|[\n\r\u0085\u000c\u2028\u2029]|\Z))+")
_COMMENT = re.compile(r"//[^\n\r\u0085\u000c\u2028\u2029]*")
_BREAK = re.compile(r"(?:\r\n|[;\n\r\u0085\u000c\u2028\u2029])")
_QUOTE = re.compile(r'(#*)("""|")')
_WORD = re.compile(r'#?[^\s\\/(){};\[\]="#\u0085\u2028\u2029\ufeff]+')


def scan_nodes(text: str) -> tuple[NodePosition, ...]:
    """Return the positions of all nodes that are not commented out; raise ``KdlSyntaxError`` where the structure breaks."""
    return _Scanner(text).document()


class _Scanner:
    """One pass over one text; ``at`` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def document(self) -> tuple[NodePosition, ...]:
        spots = self.nodes()
        if self.at < len(self.text):
            raise KdlSyntaxError(
                Range(self.at, self.at + 1), "this `}` does not close a block", "remove it, or open its block with `{`", deep=True
            )
        return spots

    def skip_blank(self) -> int:
        """Skip what separates entries (space, line continuations, comments); return the number of characters."""
        begin = self.at
        while True:
            if match := _BLANK.match(self.text, self.at):
                self.at = match.end()
            elif self.text.startswith("/*", self.at):
                self.skip_comment()
            elif self.text.startswith("//", self.at):
                self.at = _end_of(_COMMENT.match(self.text, self.at))
            else:
                return self.at - begin

    def skip_comment(self) -> None:
        begin, depth = self.at, 0
        while self.at < len(self.text):
            pair = self.text[self.at : self.at + 2]
            depth += (pair == "/*") - (pair == "*/")
            self.at += 2 if pair in {"/*", "*/"} else 1
            if depth == 0:
                return
        raise KdlSyntaxError(Range(begin, begin + 2), "this comment is not closed", "close it with `*/`", deep=True)

    def skip_lines(self) -> None:
        self.skip_blank()
        while match := _BREAK.match(self.text, self.at):
            self.at = match.end()
            self.skip_blank()

    def nodes(self) -> tuple[NodePosition, ...]:
        found: list[NodePosition] = []
        while True:
            self.skip_lines()
            if self.at >= len(self.text) or self.text[self.at] == "}":
                return tuple(found)
            dead = self.skip_slashdash()
            spot = self.node()
            if not dead:
                found.append(spot)

    def skip_slashdash(self) -> bool:
        if not self.text.startswith("/-", self.at):
            return False
        self.at += 2
        self.skip_lines()
        return True

    def node(self) -> NodePosition:
        start = self.at
        kind = self.annotation()
        name = self.value()
        arguments: list[Range] = []
        properties: list[tuple[Range, Range]] = []
        kinds: list[Range] = []
        block: Range | None = None
        children: tuple[NodePosition, ...] = ()
        end = name.end
        while True:
            gap = self.skip_blank()
            if self.at >= len(self.text) or self.text[self.at] == "}" or _BREAK.match(self.text, self.at):
                return NodePosition(Range(start, end), kind, name, tuple(arguments), tuple(properties), block, children, tuple(kinds))
            dead = self.skip_slashdash()
            if self.text.startswith("{", self.at):
                within, inner = self.block()
                block, children = (block, children) if dead else (within, inner)
                end = self.at
                continue
            if not gap and not dead:
                raise self.explain_touching(start, name)
            if block is not None and not dead:
                raise KdlSyntaxError(
                    Range(self.at, self.at + 1),
                    "nothing is allowed after a node's block on the same line",
                    "begin a new line, or put it before the `{`",
                )
            end = self.entry((arguments, properties, kinds), dead=dead)

    def block(self) -> tuple[Range, tuple[NodePosition, ...]]:
        start = self.at
        self.at += 1
        inner = self.nodes()
        if self.at >= len(self.text):
            raise KdlSyntaxError(Range(start, start + 1), "this block is not closed", "close it with `}`", deep=True)
        self.at += 1
        return Range(start, self.at), inner

    def entry(self, found: tuple[list[Range], list[tuple[Range, Range]], list[Range]], *, dead: bool) -> int:
        arguments, properties, kinds = found
        kind = self.annotation()
        first = self.value()
        after = self.at
        self.skip_blank()
        if kind is None and self.text.startswith("=", self.at):
            self.at += 1
            self.skip_blank()
            kind = self.annotation()
            second = self.property_value(first)
            if not dead:
                properties.append((first, second))
        else:
            self.at = after
            if not dead:
                arguments.append(first)
        if kind and not dead:
            kinds.append(kind)
        return self.at

    def explain_touching(self, start: int, name: Range) -> KdlSyntaxError:
        """Explain why what begins here cannot follow without a space."""
        sign = self.text[self.at]
        if sign == "=" and self.at == name.end:
            word = self.text[name.start : name.end]
            return KdlSyntaxError(
                Range(start, self.at + 1),
                f"`=` is not allowed between `{word}` and its value",
                f'write `{word} "…"`, with a space instead of `=`',
            )
        if sign in _EXPECTED and sign != "{":
            return KdlSyntaxError(*_explain_unexpected(self.text, self.at))
        return KdlSyntaxError(Range(self.at, self.at + 1), "two entries are not separated", "put a space between them")

    def property_value(self, key: Range) -> Range:
        name = self.text[key.start : key.end]
        if self.text.startswith("{", self.at):
            raise KdlSyntaxError(Range(self.at, self.at + 1), f"`{name}` takes a value, not a block", f'write `{name}="…"`', deep=True)
        if self.text.startswith("[", self.at):
            hint = f'write several values as one text with spaces, `{name}="a b"`'
            raise KdlSyntaxError(Range(self.at, self.at + 1), f"`{name}` takes one value, not a list in brackets", hint)
        if self.at >= len(self.text) or self.text[self.at] in "\r\n;}":
            raise KdlSyntaxError(
                Range(key.start, self.at), f"the value of `{name}` is missing", f'write it after the `=`, as in `{name}="…"`'
            )
        return self.value()

    def annotation(self) -> Range | None:
        if not self.text.startswith("(", self.at):
            return None
        start = self.at
        self.at += 1
        self.skip_blank()
        self.value()
        self.skip_blank()
        if not self.text.startswith(")", self.at):
            raise KdlSyntaxError(Range(start, start + 1), "this `(` is not closed", "put text with brackets in quotes")
        self.at += 1
        place = Range(start, self.at)
        self.skip_blank()
        if self.at >= len(self.text) or self.text[self.at] in "\r\n;}{":
            word = self.text[start : place.end]
            raise KdlSyntaxError(place, f"`{word}` is not allowed here", f'put text with brackets in quotes: `"{word}"`')
        return place

    def value(self) -> Range:
        start = self.at
        if match := _QUOTE.match(self.text, start):
            return self.string(match)
        if match := _WORD.match(self.text, start):
            self.at = match.end()
            if match[0][0] == "'":
                raise KdlSyntaxError(*_explain_single_quotes(self.text, start))
            if match[0].endswith(":") and self.text.startswith("//", self.at):
                end = _end_of(_COMMENT.match(self.text, self.at))
                raise KdlSyntaxError(Range(start, end), "an address must be quoted: what follows `//` is a comment", "put quotes around it")
            return Range(start, self.at)
        raise KdlSyntaxError(*_explain_unexpected(self.text, start), deep=self.text.startswith("{", start))

    def string(self, opened: re.Match[str]) -> Range:
        start, hashes, quote = opened.start(), opened[1], opened[2]
        self.at = opened.end()
        closing = quote + hashes
        while not self.text.startswith(closing, self.at):
            broken = quote == '"' and _BREAK.match(self.text, self.at) and self.text[self.at] != ";"
            if self.at >= len(self.text) or broken:
                hint = f"close it with `{closing}`" if quote == '"' else f"close it with `{closing}` on a line of its own"
                raise KdlSyntaxError(
                    Range(start, max(start + 1, self.at)) if quote == '"' else Range(start, opened.end()),
                    "this text is not closed",
                    hint,
                    deep=quote != '"',
                )
            self.at += self.count_escape() if not hashes and self.text[self.at] == "\\" else 1
        self.at += len(closing)
        return Range(start, self.at)

    def count_escape(self) -> int:
        """Count the characters of an escape: a backslash before white space includes all of it."""
        after = self.at + 1
        while after < len(self.text) and self.text[after].isspace():
            after += 1
        return max(2, after - self.at)


def _end_of(match: re.Match[str] | None) -> int:
    assert match is not None
    return match.end()


_SINGLE = re.compile(r"'[^'\n]*'|'[^\s;{}]*")


def _explain_single_quotes(text: str, at: int) -> tuple[Range, str, str]:
    match = _SINGLE.match(text, at)
    raw = match[0] if match else "'"
    return Range(at, at + len(raw)), "text must be in double quotes, not in single ones", f'write `"{raw.strip(chr(39))}"`'


_QUOTES = "put text with `{}` in quotes"
_LISTS = 'KDL has no lists in brackets: write several values as one text with spaces, `repos="core extra"`'
_EXPECTED = {
    "=": "put a version range in quotes",
    "/": _QUOTES,
    "\\": "put text with a backslash in quotes; a bare one only joins a line with the next",
    "#": "a comment begins with `//`",
    "{": "write the block's name before it, as in `packages {`",
    "[": _LISTS,
    "]": _LISTS,
    "(": _QUOTES,
    ")": _QUOTES,
}
_TOKEN = re.compile(r"[^\s;{}]+")


def _explain_unexpected(text: str, at: int) -> tuple[Range, str, str | None]:
    if at >= len(text) or text[at] in "\r\n;":
        return Range(max(0, at - 1), max(1, at)), "a value is missing here", "write it, or remove what comes before it"
    sign = text[at]
    shown = sign if sign.isprintable() else f"U+{ord(sign):04X}"
    hint = _EXPECTED.get(sign, "put text with special characters in quotes")
    token = _TOKEN.match(text, at)
    if sign == "=" and token:
        hint += f': `"{token[0]}"`'
    return Range(at, token.end() if token and sign in "=/" else at + 1), f"`{shown}` is not allowed here", hint.replace("{}", sign)
