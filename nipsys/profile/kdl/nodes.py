"""KDL text as nodes with the positions of their parts: values from ckdl, positions from the scanner."""

from collections.abc import Iterable
from typing import NamedTuple

import ckdl

from nipsys.profile.positions import KdlSyntaxError, NodePosition, Range, scan_nodes

Scalar = str | int | float | bool | None


class Node(NamedTuple):
    """A node with the positions of its parts."""

    name: str
    at: Range
    arguments: tuple[tuple[Scalar, Range], ...]
    properties: tuple[tuple[str, Scalar, Range, Range], ...]
    children: tuple["Node", ...]


def parse_nodes(text: str) -> tuple[tuple[Node, ...], tuple[Range, ...]]:
    """Return the nodes with their positions, and the positions of type annotations.

    Raise ``KdlSyntaxError`` or ``ckdl.ParseError`` when the text is not KDL v2 or is ambiguous.
    """
    spots = scan_nodes(text)
    kinds: list[Range] = []
    found = ckdl.parse(text, version="2").nodes
    try:
        return _join(found, spots, text, kinds), tuple(kinds)
    except (ValueError, KeyError) as error:  # ckdl and the scanner disagree: better no result than a wrong one
        hint = "simplify it: one node per line, text in quotes"
        raise KdlSyntaxError(Range(0, 1), "this text is ambiguous", hint, deep=True) from error


def _join(nodes: Iterable[ckdl.Node], spots: Iterable[NodePosition], text: str, kinds: list[Range]) -> tuple[Node, ...]:
    return tuple(_node(node, spot, text, kinds) for node, spot in zip(nodes, spots, strict=True))


def _node(node: ckdl.Node, spot: NodePosition, text: str, kinds: list[Range]) -> Node:
    kinds.extend((spot.kind, *spot.kinds) if spot.kind else spot.kinds)
    given = {key: _unwrap(value) for key, value in node.properties.items()}
    properties = []
    for key_at, value_at in spot.properties:
        key = _read_key(text[key_at.start : key_at.end])
        properties.append((key, given[key], key_at, value_at))
    arguments = tuple(zip(map(_unwrap, node.args), spot.arguments, strict=True))
    return Node(node.name, spot.name, arguments, tuple(properties), _join(node.children, spot.children, text, kinds))


def _unwrap(value: object) -> Scalar:
    if isinstance(value, ckdl.Value):
        value = value.value
    assert value is None or isinstance(value, str | int | float | bool)
    return value


def _read_key(raw: str) -> str:
    """Return a property's name; only quoted ones must be parsed."""
    return str(_unwrap(ckdl.parse(f"- {raw}", version="2").nodes[0].args[0])) if raw[0] in '"#' else raw
