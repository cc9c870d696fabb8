"""One file of a profile, parsed but not validated yet: a JSON value, the positions of its parts, and the errors so far."""

from nipsys.model import Problem, Span
from nipsys.profile.positions import KeyPath, Positions, Range
from nipsys.profile.schema import LoadKinds, load_no_kinds, read_schema


class Document:
    """A file in the shape of ``schemas/profile.json``; the reader of its format fills it."""

    __slots__ = ("broken_lines", "load_kinds", "positions", "problems", "schema", "value")

    def __init__(self, where: Positions, load_kinds: LoadKinds = load_no_kinds) -> None:
        self.positions = where
        self.load_kinds = load_kinds
        """Returns the kinds of sources there are."""
        self.schema = read_schema()
        """The schema of ``value``; it is replaced once the kinds of its sources are known."""
        self.value: dict[str, object] = {}
        self.problems: list[Problem] = []
        self.broken_lines: frozenset[int] = frozenset()
        """Lines with a syntax error, for which further errors are not reported: they would be consequences of it."""

    def add_problem_at(self, code: str, message: str, at: Range, *notes: str, hint: str | None = None) -> None:
        """Report an error at the range ``at``."""
        self.add_problem(code, message, self.positions.text.span(at), *notes, hint=hint)

    def add_problem(self, code: str, message: str, span: Span, *notes: str, hint: str | None = None) -> None:
        """Report an error at ``span``."""
        if span.line not in self.broken_lines:
            self.problems.append(Problem(code, message, span, notes, hint))

    def set_once(self, holder: dict[str, object], path: KeyPath, value: object, places: tuple[Range, Range], noun: str) -> bool:
        """Set the last key of ``path`` in ``holder``; report a duplicate, with both places, and return ``False`` if it is already set."""
        key = path[-1]
        assert isinstance(key, str)
        if key in holder:
            first = self.positions.key_span(path)
            self.add_problem_at("duplicate", f"{noun} is a duplicate", places[0], f"first at {first}", hint="keep one of them")
            return False
        holder[key] = value
        self.positions.keys[path], self.positions.values[path] = places
        return True
