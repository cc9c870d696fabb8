"""TOML text to a document in the shape of ``schemas/profile.json``, which is the shape a TOML profile has by itself."""

import re
import tomllib

from nipsys.profile.document import Document
from nipsys.profile.locate import locate
from nipsys.profile.scan import Range

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_HINTS = (
    ("Cannot overwrite a value", "keep one of the two"),
    ("Cannot declare", "keep one of the two, or write `[[…]]` for several"),
    ("Expected '=' after a key", "write `key = value`; a key with more than letters, digits, `-` and `_` stands in quotes"),
    ("Invalid value", 'text stands in quotes, as in `arch = "x86_64"`'),
    ("Unterminated string", "close it with the quote it began with"),
    ("Illegal character", 'close the text on its line, or write it in `"""`'),
    ("Unclosed array", "close it with `]`"),
    ("Unclosed inline table", "close it with `}`; an inline table stands on one line and has no comma before its end"),
    ("Expected newline or end of document", "begin a new line"),
    ("Invalid statement", "write `key = value` or a `[table]`"),
)


def fill(document: Document) -> None:
    """Read the document's text into its value; a syntax error becomes a problem at its place."""
    body = document.where.text.body
    try:
        value = tomllib.loads(body)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        _blame(document, body, str(error))
        return
    document.value = value
    keys, values = locate(body)
    document.where.keys.update(keys)
    document.where.values.update(values)


def _blame(document: Document, body: str, message: str) -> None:
    # tomllib counts in text whose line ends are all one character, as our lines do.
    match = _PLACE.search(message)
    what = message[: match.start()] if match else message
    starts = document.where.text.starts
    at = starts[min(int(match[1]), len(starts)) - 1] + int(match[2]) - 1 if match and match[1] else max(0, len(body.rstrip()) - 1)
    hint = next((hint for start, hint in _HINTS if what.startswith(start)), None)
    reason = what[:1].lower() + what[1:]
    document.add("syntax", f"this is not TOML: {reason}", Range(at, at + 1), hint=hint)
