"""From a path in a document to the place in the text: what every message about a profile points with."""

from bisect import bisect_right

from nipsys.model.span import Span
from nipsys.model.value import Frozen, field
from nipsys.profile.positions.kdl import Range

Path = tuple[str | int, ...]
"""Keys and indexes from the top of the document: ``("source", "debian", "suite")``."""


class Text(Frozen):
    """One file of the profile."""

    file: str
    """The path as the user would type it."""
    body: str
    starts: tuple[int, ...] = field(repr=False)
    """Offset of the first character of each line."""

    @staticmethod
    def of(file: str, body: str) -> "Text":
        """Find the lines of ``body``."""
        starts = [0]
        at = body.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = body.find("\n", at + 1)
        return Text(file, body, tuple(starts))

    def span(self, at: Range) -> Span:
        """Return the span of ``at``, cut at the end of its first line."""
        start = min(max(at.start, 0), len(self.body))
        line = bisect_right(self.starts, start) - 1
        begin = self.starts[line]
        end = self.starts[line + 1] - 1 if line + 1 < len(self.starts) else len(self.body)
        text = self.body[begin:end].rstrip("\r")
        length = max(1, min(at.end, begin + len(text)) - start)
        return Span(self.file, line + 1, start - begin + 1, length, text)


class Where(Frozen):
    """Places of a document's keys and values."""

    text: Text
    keys: dict[Path, Range] = field(default_factory=dict)
    """Where the last part of the path is named."""
    values: dict[Path, Range] = field(default_factory=dict)
    """Where its value stands."""

    def key(self, path: Path) -> Span:
        """Point to the name at ``path``, or to the nearest thing that holds it."""
        return self._nearest(path, self.keys, self.values)

    def value(self, path: Path) -> Span:
        """Point to the value at ``path``, or to its name, or to the nearest thing that holds it."""
        return self._nearest(path, self.values, self.keys)

    def _nearest(self, path: Path, first: dict[Path, Range], second: dict[Path, Range]) -> Span:
        for length in range(len(path), 0, -1):
            found = first.get(path[:length]) or second.get(path[:length])
            if found:
                return self.text.span(found)
            first, second = self.keys, self.values
        return self.text.span(Range(0, 1))
