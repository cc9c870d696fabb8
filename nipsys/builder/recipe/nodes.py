"""KDL nodes with their source positions. Mistakes are collected, so that all of them are reported at once."""

from collections.abc import Iterator

import ckdl

from nipsys.model.problem import Problem, Rejected, reject
from nipsys.model.span import Span
from nipsys.model.value import Frozen, field
from nipsys.profile.positions.kdl import Fault, Spot, scan
from nipsys.profile.positions.where import Text


class Node(Frozen):
    """One KDL node and what has been read from it; ``finish`` reports what was not read."""

    name: str
    arguments: list[object]
    properties: dict[str, object]
    children: list["Node"]
    span: Span
    problems: list[Problem] = field(repr=False)
    used: set[str] = field(default_factory=set)

    def wrong(self, code: str, message: str, hint: str | None = None) -> None:
        """Add a problem at this node."""
        self.problems.append(Problem(code, message, self.span, (), hint))

    def texts(self, least: int = 0) -> tuple[str, ...]:
        """Return the arguments as text; add a problem when there are fewer than ``least``."""
        if len(self.arguments) < least:
            self.wrong("recipe-argument", f"`{self.name}` needs {'an argument' if least == 1 else f'{least} arguments'}")
            return ("",) * least
        return tuple(_text(argument) for argument in self.arguments)

    def first(self) -> str:
        """Return the only argument; add a problem when there are none or several."""
        if len(self.arguments) > 1:
            self.wrong("recipe-argument", f"`{self.name}` takes one argument")
        return self.texts(1)[0]

    def text(self, key: str, default: str = "") -> str:
        """Return a property as text."""
        self.used.add(key)
        value = self.properties.get(key, default)
        return _text(value)

    def number(self, key: str, default: int = 0) -> int:
        """Return a property as an integer; add a problem when it is not one."""
        self.used.add(key)
        value = self.properties.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong("recipe-value", f"`{key}` of `{self.name}` must be an integer")
            return default
        return value

    def yes(self, key: str) -> bool:
        """Return a property that is ``#true`` or ``#false``; absent means ``#false``."""
        self.used.add(key)
        value = self.properties.get(key, False)
        if not isinstance(value, bool):
            self.wrong("recipe-value", f"`{key}` of `{self.name}` must be `#true` or `#false`")
            return False
        return value

    def inner(self, *names: str) -> Iterator["Node"]:
        """Iterate over the children with these names, which ``finish`` then accepts."""
        self.used.update(f"/{name}" for name in names)
        return (child for child in self.children if child.name in names)

    def lists(self, name: str) -> tuple[str, ...]:
        """Return the arguments of all children called ``name``, in order."""
        return tuple(text for child in self.inner(name) for text in child.finish().texts(1))

    def one(self, name: str) -> str:
        """Return the argument of the child called ``name``: the last when there are several, empty when there are none."""
        found = [child.finish().first() for child in self.inner(name)]
        return found[-1] if found else ""

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return the grandchildren inside ``name``, each as (node name, argument)."""
        return tuple((child.name, child.first()) for parent in self.inner(name) for child in parent.children)

    def finish(self) -> "Node":
        """Add a problem for every property and child that was not read; return this node."""
        for key in self.properties:
            if key not in self.used:
                self.wrong("recipe-unknown", f"`{self.name}` has no property `{key}`", _known(self.used, properties=True))
        for child in self.children:
            if f"/{child.name}" not in self.used:
                child.wrong("recipe-unknown", f"`{child.name}` is not allowed inside `{self.name}`", _known(self.used, properties=False))
        return self


def _known(used: set[str], *, properties: bool) -> str | None:
    names = sorted(name.lstrip("/") for name in used if name.startswith("/") != properties)
    return "use one of " + ", ".join(f"`{name}`" for name in names) if names else None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def nodes(file: str, body: str, problems: list[Problem]) -> list[Node]:
    """Parse KDL v2 text; ``Rejected`` (kind ``build``) when it is invalid. The nodes add later mistakes to ``problems``."""
    text = Text.of(file, body)
    try:
        spots = scan(body)
    except Fault as fault:
        raise Rejected((Problem("recipe-syntax", fault.message, text.span(fault.at), (), fault.hint),), "build") from None
    try:
        document = ckdl.parse(body, version="2")
    except ckdl.ParseError as error:
        raise reject("build", "recipe-syntax", f"`{file}` is not KDL version 2: {error}") from None
    return [_node(node, spot, text, problems) for node, spot in zip(document.nodes, spots, strict=True)]


def _node(node: ckdl.Node, spot: Spot, text: Text, problems: list[Problem]) -> Node:
    children = [_node(child, place, text, problems) for child, place in zip(node.children, spot.children, strict=True)]
    arguments = [_plain(argument) for argument in node.args]
    return Node(
        node.name, arguments, {key: _plain(value) for key, value in node.properties.items()}, children, text.span(spot.name), problems
    )


def _plain(value: object) -> object:
    return getattr(value, "value", value) if isinstance(value, ckdl.Value) else value
