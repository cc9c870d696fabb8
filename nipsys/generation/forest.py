"""The whole next generation as a value: its links and files, directory by directory, each directory named by what it holds.

A directory of the forest is written once as ``generations/.links/<name>/`` and shared by every generation in which it is the same,
so a generation costs what it changes. Inside such a directory links lead to ``../../../store/...`` at any depth (so they stay short)
and directories to ``../<name>``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from blake3 import blake3

from nipsys.model.digest import short
from nipsys.model.generation import Exposed, System
from nipsys.model.problem import Problem, Rejected

SHARED = "generations/.links"
_OUT = "../../../"
"""From inside a shared directory to the root."""


class Piece(NamedTuple):
    """A small file that stands in a generation itself: a stub of a program."""

    path: str
    """Below the generation: ``Links/Executables/git``."""
    content: bytes
    executable: bool = True


@dataclass(frozen=True, slots=True)
class Folder:
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


_Node = dict[str, object]


def compose(system: System, pieces: Iterable[Piece] = ()) -> tuple[tuple[str, Folder], ...]:
    """Give the top directories of the generation (``Links``, ``Programs``), by name.

    ``Rejected`` names every path that two want, and every target that leads nowhere a generation may lead.
    """
    problems: list[Problem] = []
    top: _Node = {}
    for link in system.links:
        _plant(top, link.path, link, problems)
    for piece in pieces:
        _plant(top, piece.path, piece, problems)
    views = {view.world: view.directory for view in system.views}
    folders = tuple((name, _folder(node, (name,), views, problems)) for name, node in sorted(top.items()) if isinstance(node, dict))
    problems += [_stray(name) for name, node in top.items() if not isinstance(node, dict)]
    if problems:
        raise Rejected(problems, "store")
    return folders


def _plant(top: _Node, path: str, leaf: Exposed | Piece, problems: list[Problem]) -> None:
    *above, name = path.split("/")
    node = top
    for part in above:
        inner = node.setdefault(part, {})
        if not isinstance(inner, dict):
            problems.append(_clash(path, "a file stands where it needs a directory"))
            return
        node = inner
    if name in ("", ".", "..") or ".." in above:
        problems.append(_clash(path, "it is no plain path"))
    elif name in node:
        problems.append(_clash(path, "two want it"))
    else:
        node[name] = leaf


def _clash(path: str, why: str) -> Problem:
    return Problem("path-clash", f"`{path}` cannot be placed: {why}", hint="expose it from one package only (`expose` in the profile)")


def _stray(name: str) -> Problem:
    return Problem("path-clash", f"`{name}` cannot be placed: only directories stand at the top of a generation")


def _folder(node: _Node, path: tuple[str, ...], views: Mapping[str, str], problems: list[Problem]) -> Folder:
    links: list[tuple[str, str]] = []
    pieces: list[tuple[str, Piece]] = []
    folders: list[tuple[str, Folder]] = []
    out = "../" * (2 + len(path))
    for name in sorted(node):
        leaf = node[name]
        if isinstance(leaf, Exposed):
            target = leaf.target
            if target.startswith(out + "store/"):
                links.append((name, _OUT + target[len(out) :]))
            else:
                links.append((name, _led(leaf, path, views, problems)))
        elif isinstance(leaf, Piece):
            pieces.append((name, leaf))
        elif isinstance(leaf, dict):
            folders.append((name, _folder(leaf, (*path, name), views, problems)))
    digest = blake3()
    digest.update("".join([f"l\0{name}\0{target}\n" for name, target in links]).encode("utf-8", "surrogateescape"))
    for name, piece in pieces:
        digest.update(f"{'x' if piece.executable else 'f'}\0{name}\0{blake3(piece.content).hexdigest()}\n".encode())
    digest.update("".join([f"d\0{name}\0{folder.name}\n" for name, folder in folders]).encode())
    return Folder(short("blake3:" + digest.hexdigest()), tuple(links), tuple(pieces), tuple(folders))


def _led(link: Exposed, path: tuple[str, ...], views: Mapping[str, str], problems: list[Problem]) -> str:
    """Give the target as seen from a shared directory, for the rarer kinds of target."""
    if link.target.startswith("/") or "/" not in link.target:
        return link.target
    parts = ["generations", "N", *path]
    for part in link.target.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if parts[:3] == ["generations", "N", "views"] and len(parts) > 3 and parts[3] in views:
        parts[:4] = ["store", views[parts[3]]]
    if parts[:1] == ["generations"]:
        problems.append(Problem("bad-target", f"`{link.path}` leads to `{link.target}`, inside the generation itself"))
    return _OUT + "/".join(parts)
