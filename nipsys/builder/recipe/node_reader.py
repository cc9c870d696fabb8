"""KDL nodes with their source positions. Mistakes are collected, so that all of them are reported at once."""

from collections.abc import Iterator

import ckdl

from nipsys.model import Frozen, Problem, Rejected, Span, field, reject, suggest_or_list
from nipsys.profile.positions import KdlSyntaxError, NodePosition, SourceText, scan_nodes


class RecipeNode(Frozen):
    """One KDL node and what has been read from it; ``finish`` reports what was not read."""

    name: str
    arguments: list[object]
    properties: dict[str, object]
    children: list["RecipeNode"]
    span: Span
    problems: list[Problem] = field(repr=False)
    used: set[str] = field(default_factory=set)

    def add_problem(self, code: str, message: str, hint: str | None = None) -> None:
        """Add a problem at this node."""
        self.problems.append(Problem(code, message, self.span, (), hint))

    def read_arguments(self, least: int = 0) -> tuple[str, ...]:
        """Return the arguments as text; add a problem when there are fewer than ``least``."""
        if len(self.arguments) < least:
            self.add_problem("recipe-argument", f"`{self.name}` needs {'an argument' if least == 1 else f'{least} arguments'}")
            return ("",) * least
        return tuple(_to_text(argument) for argument in self.arguments)

    def read_argument(self) -> str:
        """Return the only argument; add a problem when there are none or several."""
        if len(self.arguments) > 1:
            self.add_problem("recipe-argument", f"`{self.name}` takes one argument")
        return self.read_arguments(1)[0]

    def read_text(self, key: str, default: str = "") -> str:
        """Return a property as text."""
        self.used.add(key)
        value = self.properties.get(key, default)
        return _to_text(value)

    def read_number(self, key: str, default: int = 0) -> int:
        """Return a property as an integer; add a problem when it is not one."""
        self.used.add(key)
        value = self.properties.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.add_problem("recipe-value", f"`{key}` of `{self.name}` must be an integer")
            return default
        return value

    def read_bool(self, key: str) -> bool:
        """Return a property that is ``#true`` or ``#false``; absent means ``#false``."""
        self.used.add(key)
        value = self.properties.get(key, False)
        if not isinstance(value, bool):
            self.add_problem("recipe-value", f"`{key}` of `{self.name}` must be `#true` or `#false`")
            return False
        return value

    def iter_children(self, *names: str) -> Iterator["RecipeNode"]:
        """Iterate over the children with these names, which ``finish`` then accepts."""
        self.used.update(f"/{name}" for name in names)
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
        for key in self.properties:
            if key not in self.used:
                hint = _suggest_known(key, self.used, properties=True)
                self.add_problem("recipe-unknown", f"`{self.name}` has no property `{key}`", hint)
        for child in self.children:
            if f"/{child.name}" not in self.used:
                hint = _suggest_known(child.name, self.used, properties=False)
                child.add_problem("recipe-unknown", f"`{child.name}` is not allowed inside `{self.name}`", hint)
        return self


def _suggest_known(name: str, used: set[str], *, properties: bool) -> str | None:
    known = sorted(one.lstrip("/") for one in used if one.startswith("/") != properties)
    return suggest_or_list(name, known, "use one of") if known else None


def _to_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse_recipe_nodes(file: str, body: str, problems: list[Problem]) -> list[RecipeNode]:
    """Parse KDL v2 text; ``Rejected`` (kind ``build``) when it is invalid. The nodes add later mistakes to ``problems``."""
    text = SourceText.of(file, body)
    try:
        spots = scan_nodes(body)
    except KdlSyntaxError as fault:
        raise Rejected((Problem("recipe-syntax", fault.message, text.span(fault.at), (), fault.hint),), "build") from None
    try:
        document = ckdl.parse(body, version="2")
    except ckdl.ParseError as error:
        raise reject("build", "recipe-syntax", f"`{file}` is not KDL version 2: {error}") from None
    return [_to_recipe_node(node, spot, text, problems) for node, spot in zip(document.nodes, spots, strict=True)]


def _to_recipe_node(node: ckdl.Node, spot: NodePosition, text: SourceText, problems: list[Problem]) -> RecipeNode:
    children = [_to_recipe_node(child, place, text, problems) for child, place in zip(node.children, spot.children, strict=True)]
    arguments = [_plain_value(argument) for argument in node.args]
    return RecipeNode(
        node.name, arguments, {key: _plain_value(value) for key, value in node.properties.items()}, children, text.span(spot.name), problems
    )


def _plain_value(value: object) -> object:
    return getattr(value, "value", value) if isinstance(value, ckdl.Value) else value
