"""Map a path in a document to its span in the text, for messages about a profile."""

from bisect import bisect_right

from nipsys.model import Frozen, Span, field
from nipsys.profile.positions.kdl import Range

KeyPath = tuple[str | int, ...]
"""Keys and indexes from the root of the document: ``("source", "debian", "suite")``."""


class SourceText(Frozen):
    """One file of the profile."""

    file: str
    """The path as the user would type it."""
    body: str
    starts: tuple[int, ...] = field(repr=False)
    """Offset of the first character of each line."""

    @staticmethod
    def of(file: str, body: str) -> "SourceText":
        """Find the lines of ``body``."""
        starts = [0]
        at = body.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = body.find("\n", at + 1)
        return SourceText(file, body, tuple(starts))

    def span(self, at: Range) -> Span:
        """Return the span of the range ``at``, cut at the end of its first line; lines and columns count from 1."""
        start = min(max(at.start, 0), len(self.body))
        line = bisect_right(self.starts, start) - 1
        begin = self.starts[line]
        end = self.starts[line + 1] - 1 if line + 1 < len(self.starts) else len(self.body)
        text = self.body[begin:end].rstrip("\r")
        length = max(1, min(at.end, begin + len(text)) - start)
        return Span(self.file, line + 1, start - begin + 1, length, text)


class Positions(Frozen):
    """Positions of a document's keys and values."""

    text: SourceText
    keys: dict[KeyPath, Range] = field(default_factory=dict)
    """Path to the range of its last key."""
    values: dict[KeyPath, Range] = field(default_factory=dict)
    """Path to the range of its value."""

    def key_span(self, path: KeyPath) -> Span:
        """Return the span of the key at ``path``, or of the innermost known part that contains it."""
        return self._nearest_span(path, self.keys, self.values)

    def value_span(self, path: KeyPath) -> Span:
        """Return the span of the value at ``path``, or of its key, or of the innermost known part that contains it."""
        return self._nearest_span(path, self.values, self.keys)

    def _nearest_span(self, path: KeyPath, first: dict[KeyPath, Range], second: dict[KeyPath, Range]) -> Span:
        for length in range(len(path), 0, -1):
            found = first.get(path[:length]) or second.get(path[:length])
            if found:
                return self.text.span(found)
            first, second = self.keys, self.values
        return self.text.span(Range(0, 1))
