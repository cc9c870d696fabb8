"""Read TOML text into a document in the shape of ``schemas/profile.json``, which a TOML profile already has."""

import re
import tomllib
from typing import NamedTuple

from nipsys.profile.document import Document
from nipsys.profile.positions import Range, find_positions


def fill_from_toml(document: Document) -> None:
    """Read the document's text into its value; a syntax error becomes a problem with its position."""
    body = document.positions.text.body
    try:
        value = tomllib.loads(body)
    except tomllib.TOMLDecodeError as error:
        _report(document, str(error))
        return
    except RecursionError:
        document.add_problem_at(
            "syntax", "the lists or tables are nested too deeply", Range(0, 1), hint="a profile needs no more than three levels"
        )
        return
    document.value = value
    keys, values = find_positions(body)
    document.positions.keys.update(keys)
    document.positions.values.update(values)


class _Fault(NamedTuple):
    """The message of tomllib, and where it applies."""

    message: str
    at: int
    line: str
    start: int
    """Offset of the line's first character."""


_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_KEY = re.compile(r"\s*(?:\[\[?\s*)?([^=\[\]#]*[^=\[\]#\s])")
_VALUE = re.compile(r"[^\s,\]}#]+")


def _report(document: Document, message: str) -> None:
    # tomllib counts positions in text with one-character line ends, as `starts` does.
    body, starts = document.positions.text.body, document.positions.text.starts
    match = _PLACE.search(message)
    at = len(body.rstrip())
    if match and match[1]:
        at = starts[min(int(match[1]), len(starts)) - 1] + int(match[2]) - 1
    at = min(at, len(body))
    start = body.rfind("\n", 0, at) + 1
    end = body.find("\n", at)
    fault = _Fault(message[: match.start()] if match else message, at, body[start : end if end >= 0 else len(body)].rstrip("\r"), start)
    text, place, note, hint = _explain(document, fault)
    document.add_problem_at("syntax", text, place, *note, hint=hint)


def _explain(document: Document, fault: _Fault) -> tuple[str, Range, tuple[str, ...], str | None]:
    here = Range(fault.at, fault.at + 1)
    match fault.message.split(" ")[:2]:
        case ["Cannot", "overwrite" | "declare" | "mutate"]:
            return _explain_duplicate(document, fault)
        case ["Expected", "'='"]:
            key, place = _find_key(fault)
            return f"`{key}` has no value", place, (), f"write `{key} = true`, or another value"
        case ["Expected", "']'" | "']]'"]:
            bracket = fault.start + len(fault.line) - len(fault.line.lstrip())
            return "this `[` is not closed", Range(bracket, bracket + 1), (), "close it with `]`, or `[[` with `]]`"
        case ["Illegal", _] | ["Unterminated", _]:
            if "\\n" in fault.message or fault.message.startswith("Unterminated"):
                return _explain_unclosed(document, fault)
            sign = ord(document.positions.text.body[fault.at])
            return f"U+{sign:04X} is not allowed in TOML text", here, (), f"write it as `\\u{sign:04x}`"
        case ["Invalid", "value"] if fault.line.lstrip().startswith("["):
            return "the list before this is not closed", here, (), "close it with `]`"
        case ["Invalid", "value"]:
            return _explain_bare_value(document, fault)
        case ["Invalid", "initial"] if document.positions.text.body[fault.at : fault.at + 1] == "}":
            return "an inline table cannot have a comma before its `}`", here, (), "remove the comma"
        case ["Unclosed", _]:
            what = "list" if "array" in fault.message else "table"
            return (
                f"this {what} is not closed",
                Range(max(0, fault.at - 1), fault.at),
                (),
                f"close it with `{']' if what == 'list' else '}'}`",
            )
        case ["Unescaped", _]:
            return "a backslash in TOML text begins an escape", here, (), "write it twice, `\\\\`, or put the text in single quotes"
        case ["Expected", "newline"]:
            return "nothing is allowed after a value on the same line", here, (), "begin a new line, or put the text in quotes"
        case _:
            return f"this is not TOML: {fault.message[:1].lower()}{fault.message[1:]}", here, (), "write `key = value` or a `[table]`"


def _find_key(fault: _Fault) -> tuple[str, Range]:
    match = _KEY.match(fault.line)
    if match is None:
        return fault.line.strip(), Range(fault.at, fault.at + 1)
    return match[1], Range(fault.start + match.start(1), fault.start + match.end(1))


def _explain_duplicate(document: Document, fault: _Fault) -> tuple[str, Range, tuple[str, ...], str]:
    key, place = _find_key(fault)
    header = fault.line.lstrip().startswith("[")
    before_key, after_key = (r"\[\[?[ \t]*", r"\]") if header else ("", "=")
    named = re.compile(rf"(?m)^[ \t]*{before_key}({re.escape(key)})[ \t]*{after_key}")
    before = [match for match in named.finditer(document.positions.text.body) if match.start(1) < place.start]
    notes = (f"first at {document.positions.text.span(Range(*before[-1].span(1)))}",) if before else ()
    return (
        f"{'the table ' if header else ''}`{key}` is a duplicate",
        place,
        notes,
        "put everything in one table" if header else "keep one of them",
    )


def _explain_unclosed(document: Document, fault: _Fault) -> tuple[str, Range, tuple[str, ...], str]:
    body = document.positions.text.body
    for quote in ('"""', "'''"):
        if body.count(quote) % 2:
            at = body.rindex(quote)
            return "this text is not closed", Range(at, at + 3), (), f"close it with `{quote}`"
    opens = min((place for place in (fault.line.find('"'), fault.line.find("'")) if place >= 0), default=0)
    quote = fault.line[opens : opens + 1]
    return "this text is not closed", Range(fault.start + opens, fault.start + len(fault.line)), (), f"close it with `{quote}`"


def _explain_bare_value(document: Document, fault: _Fault) -> tuple[str, Range, tuple[str, ...], str]:
    match = _VALUE.match(document.positions.text.body, fault.at)
    if match is None:
        key, _ = _find_key(fault)
        return f"the value of `{key}` is missing", Range(fault.at - 1, fault.at), (), "write it after the `=`, with text in quotes"
    return f"`{match[0]}` is not a TOML value", Range(*match.span()), (), f'put text in quotes: `"{match[0]}"`'
