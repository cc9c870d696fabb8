"""The whole next generation as a value: its links and files, directory by directory, each directory named by what it holds.

A directory of the forest is written once as ``generations/.links/<name>/`` and shared by every generation in which it is the same,
so a generation costs what it changes. Inside such a directory links lead to ``../../../store/...`` at any depth (so they stay short)
and directories to ``../<name>``. Its name is a digest of its links as the manifest has them, and of the views they lead into: what has
the name is right without a look at its links, see ``table``.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from blake3 import blake3

from nipsys.generation.links.rows import BETWEEN, NO_NAMES, Run, Table, name_of, table
from nipsys.generation.links.targets import Lead, Ways, turned, turned_by_parts
from nipsys.model.problem import Problem, Rejected
from nipsys.model.system.generation import Exposed, System
from nipsys.model.value import Frozen

_NEXT = "\0\0"
"""Between what decides the name of a directory."""


class Piece(NamedTuple):
    """A small file that stands in a generation itself: a stub of a program."""

    path: str
    """Below the generation: ``Links/Executables/git``."""
    content: bytes
    executable: bool = True


class Folder(Frozen):
    """One directory of the forest."""

    name: str
    """Below ``generations/.links``: its content's name."""
    place: str
    """Below the generation: ``Links/Shared/man``."""
    rows: tuple[Exposed, ...]
    """Its links; see ``links``."""
    leads: tuple[Lead, ...]
    """One for the target of every row, or none when they stay as they are."""
    pieces: tuple[tuple[str, Piece], ...]
    folders: tuple[tuple[str, "Folder"], ...]

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Give (name, target) by name: turned only where a directory is written, which few are."""
        cut = len(self.place) + 1
        if len(self.leads) != 1:
            return tuple((path[cut:], turned(target, self.leads)) for path, target in self.rows)
        written, beyond = self.leads[0].written, len(self.leads[0].seen)
        return tuple([(path[cut:], written + target[beyond:]) for path, target in self.rows])

    def walk(self) -> Iterator["Folder"]:
        """Return every directory below this one and then itself."""
        for _, folder in self.folders:
            yield from folder.walk()
        yield self


class _Node:
    """A directory on its way: what stands in it."""

    __slots__ = ("folders", "pieces", "runs")

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.pieces: dict[str, Piece] = {}
        self.folders: dict[str, _Node] = {}


def compose(system: System, pieces: Iterable[Piece] = (), links: Table | None = None) -> tuple[tuple[str, Folder], ...]:
    """Return the top directories of the generation (``Links``, ``Programs``), by name; ``links`` are the system's, when they are at hand.

    ``Rejected`` names every path that two want, and every target that leads nowhere a generation may lead.
    """
    every = links or table(system)
    problems = [_clash(path, "two want it") for path in every.doubled]
    nodes = {"": _Node()}
    for run in every.runs:
        _node(nodes, run.directory).runs.append(run)
    for piece in pieces:
        above, _, name = piece.path.rpartition("/")
        node = _node(nodes, above)
        if name in node.pieces or every.has(piece.path):
            problems.append(_clash(piece.path, "two want it"))
        node.pieces[name] = piece
    problems += _misplaced(nodes, every)
    if problems:
        raise Rejected(problems, "store")
    ways = Ways({view.world: view.directory for view in system.views})
    folders = tuple((name, _folder(node, name, ways, problems)) for name, node in sorted(nodes[""].folders.items()))
    if problems:
        raise Rejected(problems, "store")
    return folders


def _node(nodes: dict[str, _Node], path: str) -> _Node:
    """Return the directory ``path``, made with those above it."""
    node = nodes.get(path)
    if node is None:
        above, _, name = path.rpartition("/")
        node = nodes[path] = _node(nodes, above).folders[name] = _Node()
    return node


def _misplaced(nodes: dict[str, _Node], links: Table) -> Iterator[Problem]:
    """Name what stands where a directory must be, at the top, or below no plain path."""
    for path, node in nodes.items():
        if node.folders or node.pieces:
            there = [f"{path}/{name}" if path else name for name in sorted(node.folders)]
            both = [other for other in there if other.rpartition("/")[2] in node.pieces or (node.runs and links.has(other))]
            yield from (_clash(other, "a file stands where another needs a directory") for other in both)
        if any(run.nameless for run in node.runs) or not NO_NAMES.isdisjoint((*node.pieces, *node.folders)):
            yield _clash(f"{path}/", "a part of its path is no name")
    top = nodes[""]
    at_top = {*top.pieces, *(link.path for run in top.runs for link in run.links)}
    yield from (_clash(name, "only directories stand at the top of a generation") for name in sorted(at_top))


def _clash(path: str, why: str) -> Problem:
    return Problem("path-clash", f"`{path}` cannot be placed: {why}", hint="expose it from one package only (`expose` in the profile)")


def _folder(node: _Node, place: str, ways: Ways, problems: list[Problem]) -> Folder:
    runs = node.runs
    if len(runs) == 1 and (lead := runs[0].lead) is not None and not (node.pieces or node.folders):
        return Folder(runs[0].name, place, runs[0].links, (lead,), (), ())
    pieces = tuple(sorted(node.pieces.items()))
    folders = tuple([(name, _folder(below, f"{place}/{name}", ways, problems)) for name, below in sorted(node.folders.items())])
    lines = [f"{'x' if piece.executable else 'f'}\0{name}\0{blake3(piece.content).hexdigest()}" for name, piece in pieces]
    lines += [f"d\0{name}\0{below.name}" for name, below in folders]
    # A directory has several stretches when others lie below it.
    links = runs[0].links if len(runs) == 1 else tuple(chain.from_iterable(run.links for run in runs))
    text, plain = BETWEEN.join([run.text for run in runs]), all(run.plain for run in runs)
    leads = ways.all(place, text, len(links))
    if leads is None:
        leads, links = (), tuple(Exposed(path, _turned(path, target, ways, problems)) for path, target in links)
        lines += [f"t\0{target}" for _, target in links]
    what = _NEXT.join((*lines, *[lead.line for lead in leads]))
    return Folder(name_of(what, text, len(links), plain=plain), place, links, leads, pieces, folders)


def _turned(path: str, target: str, ways: Ways, problems: list[Problem]) -> str:
    found = turned_by_parts(path, target, ways.views)
    if found is None:
        problems.append(Problem("bad-target", f"`{path}` leads to `{target}`, inside the generation itself"))
    return found or target
