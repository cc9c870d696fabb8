"""The KDL nodes of a recipe, read and checked one property at a time. Mistakes are collected, so that all of them are reported at once."""

from collections.abc import Iterator

from nipsys.model import Problem, Rejected, Span, suggest_or_list
from nipsys.profile.kdl import Node, Scalar, read_kdl
from nipsys.profile.positions import Range, SourceText


class RecipeText:
    """One recipe's text and the mistakes found in it."""

    def __init__(self, file: str, body: str) -> None:
        """Collect mistakes in ``body``, which is the content of ``file``."""
        self.source = SourceText.of(file, body)
        self.problems: list[Problem] = []
        self.broken_lines: frozenset[int] = frozenset()
        """Lines with a syntax error, for which further mistakes are not reported: they would be consequences of it."""

    def add_problem(self, code: str, message: str, at: Range, hint: str | None = None) -> None:
        """Add a problem at the range ``at``."""
        span = self.source.span(at)
        if span.line not in self.broken_lines:
            self.problems.append(Problem(code, message, span, (), hint))

    def parse(self) -> list["RecipeNode"]:
        """Return the nodes; syntax errors become problems. ``Rejected`` (kind ``build``) when nothing of the text can be read."""
        found = read_kdl(self.source.body)
        for mistake in found.mistakes:
            self.add_problem("recipe-syntax", mistake.message, mistake.at, mistake.hint)
        if not found.readable:
            raise self.build_rejection()
        self.broken_lines = frozenset(problem.span.line for problem in self.problems if problem.span)
        for at in found.annotations:
            self.add_problem("recipe-unknown", f"type annotations such as `{self.read(at)}` are not allowed in a recipe", at, "remove it")
        return [RecipeNode(node, self) for node in found.nodes]

    def build_rejection(self, *more: Problem) -> Rejected:
        """Return the rejection (kind ``build``) of the recipe, with its problems in the order of the text, then ``more``."""
        ordered = sorted(self.problems, key=lambda problem: (problem.span.line, problem.span.column) if problem.span else (0, 0))
        return Rejected((*ordered, *more), "build")

    def read(self, at: Range) -> str:
        """Return the text of a range."""
        return self.source.body[at.start : at.end]


class RecipeNode:
    """One KDL node and what has been read from it; ``finish`` reports what was not read."""

    def __init__(self, node: Node, text: RecipeText) -> None:
        """Read ``node``; a duplicate property is a mistake, and so is a name that no program could be given."""
        self.name = node.name
        self.arguments = node.arguments
        self.children = [RecipeNode(child, text) for child in node.children]
        self._at = node.at
        self._text = text
        self._properties: dict[str, tuple[Scalar, Range]] = {}
        self._keys: dict[str, Range] = {}
        self._used: set[str] = set()
        if "\0" in node.name:
            text.add_problem("recipe-value", "this name contains a zero byte", node.at)
        for key, value, key_at, value_at in node.properties:
            if key in self._properties:
                text.add_problem("recipe-value", f"`{key}` of `{self.name}` is a duplicate", key_at, "keep one of them")
            self._properties[key], self._keys[key] = (value, value_at), key_at

    @property
    def span(self) -> Span:
        """Where its name is."""
        return self._text.source.span(self._at)

    def has(self, key: str) -> bool:
        """Return whether it has a property."""
        return key in self._properties

    def add_problem(self, code: str, message: str, hint: str | None = None, *, key: str = "", argument: int = -1) -> None:
        """Add a problem at this node, at the value of its property ``key``, or at its argument of that number, if it has them."""
        at = self._properties[key][1] if key in self._properties else self._at
        if 0 <= argument < len(self.arguments):
            at = self.arguments[argument][1]
        self._text.add_problem(code, message, at, hint)

    def read_arguments(self, least: int = 0) -> tuple[str, ...]:
        """Return the arguments as text; add a problem when there are fewer than ``least``."""
        if len(self.arguments) < least:
            self.add_problem("recipe-argument", f"`{self.name}` needs {'an argument' if least == 1 else f'{least} arguments'}")
            return ("",) * least
        return tuple(self._read_text(value, at, f"an argument of `{self.name}`") for value, at in self.arguments)

    def read_argument(self) -> str:
        """Return the only argument; add a problem when there are none or several."""
        if len(self.arguments) > 1:
            hint = "remove it, or put everything in one pair of quotes"
            self.add_problem("recipe-argument", f"`{self.name}` takes one argument", hint, argument=1)
        return self.read_arguments(1)[0]

    def read_text(self, key: str, default: str = "") -> str:
        """Return a property as text."""
        self._used.add(key)
        if key not in self._properties:
            return default
        return self._read_text(*self._properties[key], f"`{key}` of `{self.name}`")

    def read_one_of(self, key: str, default: str, choices: tuple[str, ...], code: str) -> str:
        """Return a property that is one of ``choices``; add a problem with ``code`` when it is not."""
        text = self.read_text(key, default)
        if text not in choices:
            hint = suggest_or_list(text, choices, "use one of")
            self.add_problem(code, f"`{text}` is not a valid `{key}` of `{self.name}`", hint, key=key)
        return text

    def read_number(self, key: str, default: int = 0, *, low: int = 0, high: int | None = None) -> int:
        """Return a property as an integer; add a problem when it is not one, or is below ``low`` or above ``high``."""
        self._used.add(key)
        value = self._properties[key][0] if key in self._properties else default
        if isinstance(value, bool) or not isinstance(value, int):
            hint = f"write it without quotes: `{value}`" if isinstance(value, str) and value.isdecimal() else None
            self.add_problem("recipe-value", f"`{key}` of `{self.name}` must be an integer", hint, key=key)
            return default
        if value < low or (high is not None and value > high):
            bounds = f"between {low} and {high}" if high is not None else f"{low} or more"
            self.add_problem("recipe-value", f"`{key}` of `{self.name}` must be {bounds}, not `{value}`", key=key)
            return default
        return value

    def read_bool(self, key: str) -> bool:
        """Return a property that is ``#true`` or ``#false``; absent means ``#false``."""
        self._used.add(key)
        value = self._properties[key][0] if key in self._properties else False
        if not isinstance(value, bool):
            self.add_problem("recipe-value", f"`{key}` of `{self.name}` must be `#true` or `#false`", key=key)
            return False
        return value

    def iter_children(self, *names: str) -> Iterator["RecipeNode"]:
        """Iterate over the children with these names, which ``finish`` then accepts."""
        self._used.update(f"/{name}" for name in names)
        return (child for child in self.children if child.name in names)

    def read_values(self, name: str) -> tuple[str, ...]:
        """Return the arguments of all children called ``name``, in order."""
        return tuple(text for child in self.iter_children(name) for text in child.finish().read_arguments(1))

    def read_value(self, name: str) -> str:
        """Return the argument of the child called ``name``: the last when there are several, empty when there are none."""
        found = [child.finish().read_argument() for child in self.iter_children(name)]
        return found[-1] if found else ""

    def read_pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return the grandchildren inside ``name``, each as (node name, argument)."""
        return tuple((child.name, child.read_argument()) for parent in self.iter_children(name) for child in parent.children)

    def finish(self) -> "RecipeNode":
        """Add a problem for every property and child that was not read; return this node."""
        for key, at in self._keys.items():
            if key not in self._used:
                hint = _suggest_known(key, self._used, properties=True)
                self._text.add_problem("recipe-unknown", f"`{self.name}` has no property `{key}`", at, hint)
        for child in self.children:
            if f"/{child.name}" not in self._used:
                hint = _suggest_known(child.name, self._used, properties=False)
                child.add_problem("recipe-unknown", f"`{child.name}` is not allowed inside `{self.name}`", hint)
        return self

    def _read_text(self, value: Scalar, at: Range, noun: str) -> str:
        """Return a value as text; add a problem when it has none, or another one than the author sees."""
        written = self._text.read(at)
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        if isinstance(value, str):
            if "\0" in value:
                hint = "a recipe is text: let a program write other bytes"
                self._text.add_problem("recipe-value", f"{noun} contains a zero byte", at, hint)
        elif value is None or (isinstance(value, float) and written != text):
            self._text.add_problem("recipe-value", f"{noun} must be text, not `{written}`", at, f'put it in quotes: `"{written}"`')
        return text


def _suggest_known(name: str, used: set[str], *, properties: bool) -> str | None:
    known = sorted(one.lstrip("/") for one in used if one.startswith("/") != properties)
    return suggest_or_list(name, known, "use one of") if known else None
