"""One file of a profile, parsed but not validated yet: a JSON value, the positions of its parts, and the errors so far."""

from nipsys.model.problem import Problem
from nipsys.model.span import Span
from nipsys.profile.positions.kdl import Range
from nipsys.profile.positions.where import Path, Where


class Document:
    """A file in the shape of ``schemas/profile.json``; the reader of its format fills it."""

    __slots__ = ("problems", "slipped", "value", "where")

    def __init__(self, where: Where) -> None:
        self.where = where
        self.value: dict[str, object] = {}
        self.problems: list[Problem] = []
        self.slipped: frozenset[int] = frozenset()
        """Lines with a syntax error, for which further errors are not reported: they would be consequences of it."""

    def add(self, code: str, message: str, at: Range, *notes: str, hint: str | None = None) -> None:
        """Report an error at the range ``at``."""
        self.note(code, message, self.where.text.span(at), *notes, hint=hint)

    def note(self, code: str, message: str, span: Span, *notes: str, hint: str | None = None) -> None:
        """Report an error at ``span``."""
        if span.line not in self.slipped:
            self.problems.append(Problem(code, message, span, notes, hint))

    def put(self, holder: dict[str, object], path: Path, value: object, places: tuple[Range, Range], noun: str) -> bool:
        """Set the last key of ``path`` in ``holder``; report a duplicate, with both places, and return ``False`` if it is already set."""
        key = path[-1]
        assert isinstance(key, str)
        if key in holder:
            first = self.where.key(path)
            self.add("duplicate", f"{noun} is a duplicate", places[0], f"first at {first}", hint="keep one of them")
            return False
        holder[key] = value
        self.where.keys[path], self.where.values[path] = places
        return True
