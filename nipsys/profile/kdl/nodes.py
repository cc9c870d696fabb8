"""KDL text as nodes with the positions of their parts: values from ckdl, positions from the scanner."""

from collections.abc import Iterable
from typing import NamedTuple

import ckdl

from nipsys.profile.positions.kdl import Fault, Range, Spot, scan

Scalar = str | int | float | bool | None


class Node(NamedTuple):
    """A node with the positions of its parts."""

    name: str
    at: Range
    arguments: tuple[tuple[Scalar, Range], ...]
    properties: tuple[tuple[str, Scalar, Range, Range], ...]
    children: tuple["Node", ...]


def parse(text: str) -> tuple[tuple[Node, ...], tuple[Range, ...]]:
    """Return the nodes with their positions, and the positions of type annotations.

    Raise ``Fault`` or ``ckdl.ParseError`` when the text is not KDL v2 or is ambiguous.
    """
    spots = scan(text)
    kinds: list[Range] = []
    found = ckdl.parse(text, version="2").nodes
    try:
        return _joined(found, spots, text, kinds), tuple(kinds)
    except (ValueError, KeyError) as error:  # ckdl and the scanner disagree: better no result than a wrong one
        hint = "simplify it: one node per line, text in quotes"
        raise Fault(Range(0, 1), "this text is ambiguous", hint, deep=True) from error


def _joined(nodes: Iterable[ckdl.Node], spots: Iterable[Spot], text: str, kinds: list[Range]) -> tuple[Node, ...]:
    return tuple(_node(node, spot, text, kinds) for node, spot in zip(nodes, spots, strict=True))


def _node(node: ckdl.Node, spot: Spot, text: str, kinds: list[Range]) -> Node:
    kinds.extend((spot.kind, *spot.kinds) if spot.kind else spot.kinds)
    given = {key: _plain(value) for key, value in node.properties.items()}
    properties = []
    for key_at, value_at in spot.properties:
        key = _key(text[key_at.start : key_at.end])
        properties.append((key, given[key], key_at, value_at))
    arguments = tuple(zip(map(_plain, node.args), spot.arguments, strict=True))
    return Node(node.name, spot.name, arguments, tuple(properties), _joined(node.children, spot.children, text, kinds))


def _plain(value: object) -> Scalar:
    if isinstance(value, ckdl.Value):
        value = value.value
    assert value is None or isinstance(value, str | int | float | bool)
    return value


def _key(raw: str) -> str:
    """Return a property's name; only quoted ones must be parsed."""
    return str(_plain(ckdl.parse(f"- {raw}", version="2").nodes[0].args[0])) if raw[0] in '"#' else raw
