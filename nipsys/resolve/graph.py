"""The finished resolution as a graph: order, reasons, trees, Graphviz text. networkx is imported here and nowhere else.

Nodes are package ids with the attributes ``version``, ``requested`` and ``essential``; an edge points from a package to its dependency.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nipsys.model import reject
from nipsys.model.system import Lock

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.DiGraph[str]


def graph_of(lock: Lock) -> "Graph":
    """Return a lock as a directed graph."""
    import networkx as nx  # noqa: PLC0415 - heavy, only for graphs

    graph: Graph = nx.DiGraph()
    for package in lock.packages:
        graph.add_node(package.id, version=package.version, requested=package.requested, essential=package.essential)
    graph.add_edges_from((package.id, need) for package in lock.packages for need in package.needs)
    return graph


def sort_packages(graph: "Graph") -> tuple[tuple[str, ...], ...]:
    """Return the packages with dependencies first; the packages of a dependency cycle form one group."""
    import networkx as nx  # noqa: PLC0415 - heavy, only for graphs

    condensed = nx.condensation(graph)
    parts = {number: tuple(sorted(members)) for number, members in condensed.nodes(data="members")}
    ordered = nx.lexicographical_topological_sort(condensed.reverse(copy=False), key=parts.__getitem__)
    return tuple(parts[number] for number in ordered)


def find_ids(lock: Lock, name: str) -> tuple[str, ...]:
    """Return the ids that match a name or an id, sorted; empty when there is none."""
    return tuple(sorted(package.id for package in lock.packages if name in (package.name, package.id)))


class DependencyPath(NamedTuple):
    """A reason for a package: a path along dependencies, from a package the profile requests."""

    steps: tuple[str, ...]
    """Ids, the requested one first; a single id when the package itself is requested."""
    essential: bool = False
    """The first step is an essential package of its world; the profile does not request it."""


def find_paths(lock: Lock, name: str, limit: int = 5) -> tuple[DependencyPath, ...]:
    """Return the shortest path to a package from each of up to ``limit`` requests, shortest first.

    When only the essential packages of its world pull it in, the path starts there. Raise ``Rejected`` when the lock has no such package.
    """
    import networkx as nx  # noqa: PLC0415 - heavy, only for graphs

    targets = find_ids(lock, name)
    if not targets:
        raise reject("request", "not-locked", f"`{name}` is not in the lock", hint=f"`nipsys why-not {name}` explains why")
    graph = graph_of(lock)
    ways = []
    for target in targets:
        paths = nx.single_target_shortest_path(graph, target)
        reached = {start: tuple(path) for start, path in (paths.items() if hasattr(paths, "items") else paths)}
        found = [DependencyPath(path) for start, path in reached.items() if graph.nodes[start]["requested"]]
        if not found:
            found = [DependencyPath(path, essential=True) for start, path in reached.items() if graph.nodes[start]["essential"]]
        ways += found
    return tuple(sorted(ways, key=lambda way: (len(way.steps), way.steps))[:limit])


class TreeLine(NamedTuple):
    """One line of a tree."""

    depth: int
    id: str
    version: str
    again: bool
    """It was already shown above with its dependencies."""


def build_tree(lock: Lock, names: Sequence[str] = (), depth: int | None = None, *, reverse: bool = False) -> tuple[TreeLine, ...]:
    """Return the dependencies of ``names`` (of all requested packages when empty) as lines; ``reverse`` shows dependents instead."""
    packages = {package.id: package for package in lock.packages}
    below = {id_: list(package.needs) for id_, package in packages.items()}
    if reverse:
        below = {id_: [] for id_ in packages}
        for package in lock.packages:
            for need in package.needs:
                below.setdefault(need, []).append(package.id)
    roots = [id_ for name in names for id_ in find_ids(lock, name)] if names else [one.id for one in lock.packages if one.requested]
    missing = [name for name in names if not find_ids(lock, name)]
    if missing:
        raise reject("request", "not-locked", f"`{missing[0]}` is not in the lock", hint=f"`nipsys why-not {missing[0]}` explains why")
    seen: set[str] = set()

    def lines() -> Iterator[TreeLine]:
        stack = [(0, root) for root in reversed(roots)]
        while stack:
            level, id_ = stack.pop()
            again = id_ in seen and bool(below.get(id_))
            yield TreeLine(level, id_, packages[id_].version if id_ in packages else "", again)
            if not again and (depth is None or level < depth):
                seen.add(id_)
                stack += [(level + 1, child) for child in reversed(below.get(id_, ()))]

    return tuple(lines())


def to_dot(lock: Lock) -> str:
    """Write a lock as Graphviz text: requested packages are boxes, essential ones grey, worlds have clusters."""
    worlds = sorted({package.source for package in lock.packages})
    lines = [f"digraph {_quote(lock.profile)} {{", "  rankdir=LR;", '  node [shape=ellipse, fontname="sans-serif", fontsize=10];']
    for number, world in enumerate(worlds):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quote(world)};"]
        for package in lock.packages:
            if package.source == world:
                look = ", shape=box, style=bold" if package.requested else ", color=grey, fontcolor=grey" if package.essential else ""
                lines.append(f"    {_quote(package.id)} [label={_quote(package.name + chr(10) + package.version)}{look}];")
        lines.append("  }")
    lines += [f"  {_quote(package.id)} -> {_quote(need)};" for package in lock.packages for need in package.needs]
    return "\n".join([*lines, "}", ""])


def to_json(lock: Lock) -> dict[str, object]:
    """Return a lock's graph as a JSON value: nodes and edges, sorted."""
    return {
        "profile": lock.profile,
        "nodes": [
            {"id": one.id, "version": one.version, "requested": one.requested, "essential": one.essential, "size": one.size}
            for one in lock.packages
        ],
        "edges": [[package.id, need] for package in lock.packages for need in package.needs],
    }


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
