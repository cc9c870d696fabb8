"""The symlink farm of the next generation as a value: its links and files by directory, each directory named by its content.

A directory of the farm is written once as ``generations/.links/<name>/`` and shared by every generation in which it is the same, so a
generation costs only what it changes. Inside such a directory links lead to ``../../../store/...`` at any depth (so they stay short) and
directories to ``../<name>``. Its name is a digest of its links as the manifest has them, and of the views they lead into: a directory that
exists under the right name need not be examined, see ``rows``.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from blake3 import blake3

from nipsys.generation.links.rows import RESERVED_NAMES, ROW_SEPARATOR, LinkRun, LinkTable, build_table, directory_name_of
from nipsys.generation.links.targets import TargetPrefix, TargetPrefixes, resolve_target, rewrite_target
from nipsys.model import Frozen, Problem, Rejected
from nipsys.model.system import FarmLink, System

_SEPARATOR = "\0\0"
"""Separates the parts that make up the name of a directory."""


class GeneratedFile(NamedTuple):
    """A small file of the generation itself, such as the stub of a program."""

    path: str
    """Below the generation: ``Links/Executables/git``."""
    content: bytes
    executable: bool = True


class FarmDirectory(Frozen):
    """One directory of the farm."""

    name: str
    """Below ``generations/.links``: the digest of its content."""
    place: str
    """Below the generation: ``Links/Shared/man``."""
    rows: tuple[FarmLink, ...]
    """Its links as the system has them; see ``links``."""
    prefixes: tuple[TargetPrefix, ...]
    """The prefixes of the rows' targets, one of them for every row; empty when the targets stay as they are."""
    files: tuple[tuple[str, GeneratedFile], ...]
    directories: tuple[tuple[str, "FarmDirectory"], ...]

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Return (name, target) of each link, as written to the disk; computed on demand, since few directories are written."""
        cut = len(self.place) + 1
        if len(self.prefixes) != 1:
            return tuple((path[cut:], rewrite_target(target, self.prefixes)) for path, target in self.rows)
        written, beyond = self.prefixes[0].written, len(self.prefixes[0].seen)
        return tuple([(path[cut:], written + target[beyond:]) for path, target in self.rows])

    def walk(self) -> Iterator["FarmDirectory"]:
        """Yield every directory below this one and then itself."""
        for _, folder in self.directories:
            yield from folder.walk()
        yield self


class _Node:
    """A directory while it is composed."""

    __slots__ = ("directories", "files", "runs")

    def __init__(self) -> None:
        self.runs: list[LinkRun] = []
        self.files: dict[str, GeneratedFile] = {}
        self.directories: dict[str, _Node] = {}


def compose_farm(
    system: System, pieces: Iterable[GeneratedFile] = (), links: LinkTable | None = None
) -> tuple[tuple[str, FarmDirectory], ...]:
    """Return the top directories of the generation (``Links``, ``Programs``) by name; ``links`` is the table of the system's, if built.

    ``Rejected`` names every path that is wanted more than once, and every target that leads into the generation itself.
    """
    every = links or build_table(system)
    problems = [_clash(path, "it is provided more than once") for path in every.duplicates]
    nodes = {"": _Node()}
    for run in every.runs:
        _get_node(nodes, run.directory).runs.append(run)
    for piece in pieces:
        above, _, name = piece.path.rpartition("/")
        node = _get_node(nodes, above)
        if name in node.files or every.has(piece.path):
            problems.append(_clash(piece.path, "it is provided more than once"))
        node.files[name] = piece
    problems += _find_misplaced(nodes, every)
    if problems:
        raise Rejected(problems, "store")
    ways = TargetPrefixes({view.world: view.directory for view in system.views})
    folders = tuple((name, _build_directory(node, name, ways, problems)) for name, node in sorted(nodes[""].directories.items()))
    if problems:
        raise Rejected(problems, "store")
    return folders


def _get_node(nodes: dict[str, _Node], path: str) -> _Node:
    """Return the directory ``path``, created with its parents when missing."""
    node = nodes.get(path)
    if node is None:
        above, _, name = path.rpartition("/")
        node = nodes[path] = _get_node(nodes, above).directories[name] = _Node()
    return node


def _find_misplaced(nodes: dict[str, _Node], links: LinkTable) -> Iterator[Problem]:
    """Yield a problem for each file where a directory must be, each file at the top, and each path with an invalid component."""
    for path, node in nodes.items():
        if node.directories or node.files:
            there = [f"{path}/{name}" if path else name for name in sorted(node.directories)]
            both = [other for other in there if other.rpartition("/")[2] in node.files or (node.runs and links.has(other))]
            yield from (_clash(other, "it is both a file and a directory") for other in both)
        if any(run.has_bad_name for run in node.runs) or not RESERVED_NAMES.isdisjoint((*node.files, *node.directories)):
            yield _clash(f"{path}/", "a component of its path is not a valid name")
    top = nodes[""]
    at_top = {*top.files, *(link.path for run in top.runs for link in run.links)}
    yield from (_clash(name, "the top of a generation may have only directories") for name in sorted(at_top))


def _clash(path: str, why: str) -> Problem:
    return Problem("path-clash", f"`{path}` cannot be placed: {why}", hint="expose it from one package only (`expose` in the profile)")


def _build_directory(node: _Node, place: str, ways: TargetPrefixes, problems: list[Problem]) -> FarmDirectory:
    runs = node.runs
    if len(runs) == 1 and (lead := runs[0].prefix) is not None and not (node.files or node.directories):
        return FarmDirectory(runs[0].name, place, runs[0].links, (lead,), (), ())
    pieces = tuple(sorted(node.files.items()))
    folders = tuple(
        [(name, _build_directory(below, f"{place}/{name}", ways, problems)) for name, below in sorted(node.directories.items())]
    )
    lines = [f"{'x' if piece.executable else 'f'}\0{name}\0{blake3(piece.content).hexdigest()}" for name, piece in pieces]
    lines += [f"d\0{name}\0{below.name}" for name, below in folders]
    # A directory has several runs when other directories are below it.
    links = runs[0].links if len(runs) == 1 else tuple(chain.from_iterable(run.links for run in runs))
    text, plain = ROW_SEPARATOR.join([run.text for run in runs]), all(run.plain for run in runs)
    leads = ways.find_all(place, text, len(links))
    if leads is None:
        leads, links = (), tuple(FarmLink(path, _rewrite(path, target, ways, problems)) for path, target in links)
        lines += [f"t\0{target}" for _, target in links]
    what = _SEPARATOR.join((*lines, *[lead.name_part for lead in leads]))
    return FarmDirectory(directory_name_of(what, text, len(links), plain=plain), place, links, leads, pieces, folders)


def _rewrite(path: str, target: str, ways: TargetPrefixes, problems: list[Problem]) -> str:
    found = resolve_target(path, target, ways.views)
    if found is None:
        problems.append(Problem("bad-target", f"`{path}` leads to `{target}`, inside the generation itself"))
    return found or target
