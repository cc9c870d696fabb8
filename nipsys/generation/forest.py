"""The whole next generation as a value: its links and files, directory by directory, each directory named by what it holds.

A directory of the forest is written once as ``generations/.links/<name>/`` and shared by every generation in which it is the same,
so a generation costs what it changes. Inside such a directory links lead to ``../../../store/...`` at any depth (so they stay short)
and directories to ``../<name>``.
"""

from collections.abc import Iterable, Iterator, Mapping

from blake3 import blake3

from nipsys.model.digest import short
from nipsys.model.frozen import Frozen
from nipsys.model.generation import System
from nipsys.model.problem import Problem, Rejected
from nipsys.model.typed import NamedTuple
from nipsys.store.places import STORE

_OUT = "../../../"
"""From inside a shared directory to the root."""
_NO_NAMES = frozenset(("", ".", ".."))


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
    links: tuple[tuple[str, str], ...]
    """(name, target) by name."""
    pieces: tuple[tuple[str, Piece], ...]
    folders: tuple[tuple[str, "Folder"], ...]

    def walk(self) -> Iterator["Folder"]:
        """Give every directory below this one and then itself."""
        for _, folder in self.folders:
            yield from folder.walk()
        yield self


class _Node:
    """A directory on its way: what stands in it."""

    __slots__ = ("folders", "links", "pieces")

    def __init__(self) -> None:
        self.links: dict[str, str] = {}
        self.pieces: dict[str, Piece] = {}
        self.folders: dict[str, _Node] = {}


def compose(system: System, pieces: Iterable[Piece] = ()) -> tuple[tuple[str, Folder], ...]:
    """Give the top directories of the generation (``Links``, ``Programs``), by name.

    ``Rejected`` names every path that two want, and every target that leads nowhere a generation may lead.
    """
    problems: list[Problem] = []
    nodes = {"": _Node()}
    links: dict[str, dict[str, str]] = {}
    for path, target in system.links:
        above, _, name = path.rpartition("/")
        there = links.setdefault(above, {})
        if name in there:
            problems.append(_clash(path, "two want it"))
        there[name] = target
    for above, there in links.items():
        _node(nodes, above).links = there
    for piece in pieces:
        above, _, name = piece.path.rpartition("/")
        node = _node(nodes, above)
        if name in node.links or name in node.pieces:
            problems.append(_clash(piece.path, "two want it"))
        node.pieces[name] = piece
    problems += _misplaced(nodes)
    if problems:
        raise Rejected(problems, "store")
    views = {view.world: view.directory for view in system.views}
    folders = tuple((name, _folder(node, (name,), views, problems)) for name, node in sorted(nodes[""].folders.items()))
    if problems:
        raise Rejected(problems, "store")
    return folders


def _node(nodes: dict[str, _Node], path: str) -> _Node:
    """Give the directory ``path``, made with those above it."""
    node = nodes.get(path)
    if node is None:
        above, _, name = path.rpartition("/")
        node = nodes[path] = _node(nodes, above).folders[name] = _Node()
    return node


def _misplaced(nodes: dict[str, _Node]) -> Iterator[Problem]:
    """Name what stands where a directory must be, at the top, or below no plain path."""
    for path, node in nodes.items():
        both = node.folders.keys() & (node.links.keys() | node.pieces.keys())
        yield from (_clash(f"{path}/{name}", "a file stands where another needs a directory") for name in sorted(both))
        names = (*node.links, *node.pieces, *node.folders)
        if not _NO_NAMES.isdisjoint(names):
            yield _clash(f"{path}/", "a part of its path is no name")
    top = nodes[""]
    yield from (_clash(name, "only directories stand at the top of a generation") for name in sorted({*top.links, *top.pieces}))


def _clash(path: str, why: str) -> Problem:
    return Problem("path-clash", f"`{path}` cannot be placed: {why}", hint="expose it from one package only (`expose` in the profile)")


def _folder(node: _Node, path: tuple[str, ...], views: Mapping[str, str], problems: list[Problem]) -> Folder:
    out = "../" * (2 + len(path))
    plain, cut = f"{out}{STORE}/", len(out)
    links = sorted(
        [
            (name, _OUT + target[cut:] if target.startswith(plain) else _led(name, target, path, views, problems))
            for name, target in node.links.items()
        ]
    )
    pieces = tuple(sorted(node.pieces.items()))
    folders = tuple((name, _folder(below, (*path, name), views, problems)) for name, below in sorted(node.folders.items()))
    lines = [f"l\0{name}\0{target}" for name, target in links]
    lines += [f"{'x' if piece.executable else 'f'}\0{name}\0{blake3(piece.content).hexdigest()}" for name, piece in pieces]
    lines += [f"d\0{name}\0{below.name}" for name, below in folders]
    digest = blake3("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return Folder(short("blake3:" + digest), tuple(links), pieces, folders)


def _led(name: str, target: str, path: tuple[str, ...], views: Mapping[str, str], problems: list[Problem]) -> str:
    """Give the target as seen from a shared directory, for the rarer kinds of target."""
    if target.startswith("/") or "/" not in target:
        return target
    parts = ["generations", "N", *path]
    for part in target.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if parts[:3] == ["generations", "N", "views"] and len(parts) > 3 and parts[3] in views:
        parts[:4] = [STORE, views[parts[3]]]
    if parts[:1] == ["generations"]:
        problems.append(Problem("bad-target", f"`{'/'.join((*path, name))}` leads to `{target}`, inside the generation itself"))
    return _OUT + "/".join(parts)
