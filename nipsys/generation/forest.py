"""The whole next generation as a value: its links and files, directory by directory, each directory named by what it holds.

A directory of the forest is written once as ``generations/.links/<name>/`` and shared by every generation in which it is the same,
so a generation costs what it changes. Inside such a directory links lead to ``../../../store/...`` at any depth (so they stay short)
and directories to ``../<name>``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from blake3 import blake3

from nipsys.model.frozen import Frozen
from nipsys.model.generation import Exposed, System
from nipsys.model.problem import Problem, Rejected
from nipsys.model.typed import NamedTuple
from nipsys.store.places import STORE

_OUT = "../../../"
"""From inside a shared directory to the root."""
_NEXT = "\0\0"
"""Between two links of a text; within one a single NUL stands between name and target."""
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
    text: str
    """Its links by name, as the system has them; see ``links``."""
    out: str
    """The way from where the system sees the directory to the root, with which most targets begin."""
    pieces: tuple[tuple[str, Piece], ...]
    folders: tuple[tuple[str, "Folder"], ...]

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Give (name, target) by name: taken apart only where a directory is written, which few are."""
        rows = self.text.replace(f"\0{self.out}", f"\0{_OUT}").split(_NEXT) if self.text else ()
        return tuple((name, target) for name, _, target in (row.partition("\0") for row in rows))

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
    for above, there in _by_directory(system.links, problems).items():
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


def _by_directory(links: Sequence[Exposed], problems: list[Problem]) -> dict[str, dict[str, str]]:
    """Sort links into their directories: name to target."""
    found: dict[str, dict[str, str]] = {}
    last, there = None, {}
    for path, target in links:
        above, _, name = path.rpartition("/")
        if above != last:
            last, there = above, found.setdefault(above, {})
        there[name] = target
    if sum(map(len, found.values())) < len(links):
        paths = sorted(path for path, _ in links)
        problems += [_clash(path, "two want it") for path, other in pairwise(paths) if path == other]
    return found


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
        both = (node.links.keys() | node.pieces.keys()) & node.folders.keys() if node.folders else ()
        yield from (_clash(f"{path}/{name}", "a file stands where another needs a directory") for name in sorted(both))
        if any(names.keys() & _NO_NAMES for names in (node.links, node.pieces, node.folders)):
            yield _clash(f"{path}/", "a part of its path is no name")
    top = nodes[""]
    yield from (_clash(name, "only directories stand at the top of a generation") for name in sorted({*top.links, *top.pieces}))


def _clash(path: str, why: str) -> Problem:
    return Problem("path-clash", f"`{path}` cannot be placed: {why}", hint="expose it from one package only (`expose` in the profile)")


def _folder(node: _Node, path: tuple[str, ...], views: Mapping[str, str], problems: list[Problem]) -> Folder:
    out = "../" * (2 + len(path))
    # Nearly all links lead into the store: as one text they are looked at at once, and turned only where they are written.
    targets = node.links
    text = _NEXT.join(map("\0".join, targets.items() if list(targets) == sorted(targets) else sorted(targets.items())))
    if text.count(f"\0{out}{STORE}/") != len(targets):
        out = _OUT
        text = _NEXT.join([f"{name}\0{_led(name, targets[name], path, views, problems)}" for name in sorted(targets)])
    pieces = tuple(sorted(node.pieces.items()))
    folders = tuple((name, _folder(below, (*path, name), views, problems)) for name, below in sorted(node.folders.items()))
    lines = [f"{'x' if piece.executable else 'f'}\0{name}\0{blake3(piece.content).hexdigest()}" for name, piece in pieces]
    lines += [f"d\0{name}\0{below.name}" for name, below in folders]
    whole = _NEXT.join([*lines, "l", out, text])
    return Folder(blake3(whole.encode("utf-8", "surrogateescape")).hexdigest(16), text, out, pieces, folders)


def _led(name: str, target: str, path: tuple[str, ...], views: Mapping[str, str], problems: list[Problem]) -> str:
    """Give the target as seen from a shared directory, whatever its kind."""
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
