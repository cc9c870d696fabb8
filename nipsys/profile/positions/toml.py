"""Find the positions of keys and values in TOML text, which tomllib does not report.

The text was accepted by tomllib (https://toml.io/en/v1.0.0), so it is only walked, not checked.
"""

import re
import tomllib

from nipsys.profile.positions.kdl import Range
from nipsys.profile.positions.where import KeyPath

_FILL = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
_TEXT = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'', re.DOTALL)
_BARE = re.compile(r"[^,\]}\s#]+(?: \d{2}:[^,\]}\s#]+)?")

Places = dict[KeyPath, Range]


def find_positions(text: str) -> tuple[Places, Places]:
    """Return the positions of all keys and of all values, by path."""
    walker = _Walker(text)
    walker.document()
    return walker.keys, walker.values


class _Walker:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: Places = {}
        self.values: Places = {}
        self.counts: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while True:
            self.skip(_FILL)
            if self.at >= len(self.text):
                return
            table = self.header() if self.text[self.at] == "[" else self.pair(table)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def header(self) -> KeyPath:
        start = self.at
        array = self.text.startswith("[[", start)
        self.at += 2 if array else 1
        parts = self.key()
        self.at = self.text.index("]", self.at) + (2 if array else 1)
        table: KeyPath = ()
        for position, (part, at) in enumerate(parts):
            table = (*table, part)
            self.keys.setdefault(table, at)
            if array and position == len(parts) - 1:
                self.counts[table] = self.counts.get(table, -1) + 1
            if table in self.counts:
                table = (*table, self.counts[table])
        self.values.setdefault(table, Range(start, self.at))
        self.keys.setdefault(table, parts[-1][1])
        return table

    def pair(self, table: KeyPath) -> KeyPath:
        path = table
        for part, at in self.key():
            path = (*path, part)
            self.keys.setdefault(path, at)
        self.at = self.text.index("=", self.at) + 1
        self.value(path)
        return table

    def key(self) -> list[tuple[str, Range]]:
        parts = []
        while True:
            self.skip(_SPACE)
            match = _KEY.match(self.text, self.at)
            assert match is not None
            raw = match[0]
            name = next(iter(tomllib.loads(f"{raw}=0"))) if raw[0] in "\"'" else raw
            parts.append((name, Range(*match.span())))
            self.at = match.end()
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def value(self, path: KeyPath) -> None:
        self.skip(_FILL)
        start = self.at
        if self.text[start] == "[":
            self.array(path)
        elif self.text[start] == "{":
            self.inline(path)
        else:
            match = _TEXT.match(self.text, start) or _BARE.match(self.text, start)
            assert match is not None
            self.at = match.end()
        self.values[path] = Range(start, self.at)

    def array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while True:
            self.skip(_FILL)
            if self.text[self.at] == "]":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.value((*path, index))
            index += 1

    def inline(self, path: KeyPath) -> None:
        self.at += 1
        while True:
            self.skip(_FILL)
            if self.text[self.at] == "}":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.pair(path)
