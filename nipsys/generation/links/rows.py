"""The links of a system as text, directory by directory: written once, for both the manifest and the names of the shared directories.

A system's links are sorted by path, so most directories are one run of them, found by bisection. A run whose text gives the name of an
existing shared directory was examined when that was written and is not examined again: an unchanged directory costs one digest.
"""

from bisect import bisect_left
from collections.abc import Container, Sequence
from itertools import islice, pairwise
from operator import lt
from typing import NamedTuple

from blake3 import blake3

from nipsys.generation.links.targets import TargetPrefix, TargetPrefixes
from nipsys.model import to_canonical_json
from nipsys.model.system import FarmLink, System

ROW_SEPARATOR = b'"],["'
"""Between two rows of links in a manifest."""

RESERVED_NAMES = frozenset(("", ".", ".."))
_AFTER_SLASH = chr(ord("/") + 1)
_ESCAPED = bytes((*range(32), *b'"\\'))
"""Bytes that JSON escapes."""


class LinkRun(NamedTuple):
    """Consecutive links of one directory."""

    directory: str
    links: tuple[FarmLink, ...]
    text: bytes
    """The rows as the manifest has them, without the outermost brackets and quotes."""
    plain: bool = True
    """No character of it is escaped."""
    prefix: TargetPrefix | None = None
    """The prefix of all targets, when they share one and every link is regular."""
    name: str = ""
    """Name of the shared directory that has exactly these links, when there is such a prefix."""
    has_bad_name: bool = False
    """The name of a link is empty, ``.`` or ``..``."""


class LinkTable(NamedTuple):
    """The links of a system by path."""

    links: tuple[FarmLink, ...]
    runs: tuple[LinkRun, ...]
    duplicates: tuple[str, ...] = ()
    """Paths of more than one link."""
    ordered: bool = True
    """The system has its links in this order, so the texts of the runs, joined, are the links of its manifest."""

    def has(self, path: str) -> bool:
        """Return whether there is a link at ``path``."""
        place = bisect_left(self.links, (path,))
        return place < len(self.links) and self.links[place].path == path


def build_table(system: System, known: Container[str] = ()) -> LinkTable:
    """Sort the links of ``system`` into runs; ``known`` are the names of the existing shared directories."""
    ways = TargetPrefixes({view.world: view.directory for view in system.views})
    doubled: tuple[str, ...] = ()
    links = system.links
    runs = _find_runs(links, ways, known)
    if runs is None:
        links = tuple(sorted(links))
        runs = _find_runs(links, ways, known)
    if runs is None:
        doubled = tuple(path for (path, _), (other, _) in pairwise(links) if path == other)
        links = tuple(sorted({link.path: link for link in links}.values()))
        runs = _find_runs(links, ways, known)
    assert runs is not None, "sorted, each path once"
    return LinkTable(links, tuple(runs), doubled, ordered=links is system.links)


def _find_runs(links: tuple[FarmLink, ...], ways: TargetPrefixes, known: Container[str]) -> list[LinkRun] | None:
    """Return the runs; ``None`` when the paths are not strictly ascending."""
    found: list[LinkRun] = []
    mixed: set[str] = set()
    start, last = 0, None
    while start < len(links):
        first, target = links[start]
        if last is not None and last >= first:
            return None
        directory = first.rpartition("/")[0]
        stop = _find_end(links, start, directory, mixed)
        here = links[start:stop]
        lead, text = ways.find(directory, target), _join_rows(here)
        name = directory_name_of(lead.name_part, text, len(here), plain=True) if lead is not None else ""
        if name in known:
            # The count in the name fixes the number of quotes in plain rows, so no other links have this text and name.
            found.append(LinkRun(directory, here, text, True, lead, name))
        else:
            paths = [path for path, _ in here]
            if len(paths) > 1 and not all(map(lt, paths, islice(paths, 1, None))):
                return None
            if _has_deeper(directory, paths):
                mixed.add(directory)
                stop = _find_end(links, start, directory, mixed)
                here, paths, lead = links[start:stop], paths[: stop - start], None
                text = _join_rows(here)
            found.append(_examine(LinkRun(directory, here, text, True, lead, name), paths))
        last, start = here[-1].path, stop
    return found


def _examine(run: LinkRun, paths: Sequence[str]) -> LinkRun:
    """Examine a new run: return it without prefix and name when these do not hold for all its links."""
    text, plain = _escape(run.links, run.text)
    nameless = _has_bad_name(paths)
    if plain and not nameless and run.prefix is not None and run.prefix.covers(text, len(run.links)):
        return run
    return LinkRun(run.directory, run.links, text, plain, has_bad_name=nameless)


def _find_end(links: tuple[FarmLink, ...], start: int, directory: str, mixed: set[str]) -> int:
    """Return the end of the run of ``directory`` that begins at ``start``.

    A directory in ``mixed`` has others below it: it is searched link by link, so that not each of its runs counts all links that follow.
    """
    stop, inside = start + 1, f"{directory}/"
    if stop == len(links) or not links[stop].path.startswith(inside):
        return stop
    if directory and directory not in mixed:
        stop = _gallop(links, (directory + _AFTER_SLASH,), start)
        if links[stop - 1].path.rpartition("/")[0] == directory:
            return stop
        mixed.add(directory)
    stop = start + 1
    while stop < len(links) and links[stop].path.rpartition("/")[0] == directory:
        stop += 1
    return stop


def _gallop(links: tuple[FarmLink, ...], bound: tuple[str], start: int) -> int:
    """Search from ``start`` in doubling steps, then bisect: the end is usually near, and distant links are not in the cache."""
    step = 16
    while start + step < len(links) and links[start + step] < bound:
        step *= 2
    return bisect_left(links, bound, start, min(start + step, len(links)))


def _has_deeper(directory: str, paths: Sequence[str]) -> bool:
    """Return whether one of ``paths``, all below ``directory``, is in a directory below it."""
    return len(paths) > 1 and "".join(paths).count("/") > len(paths) * (directory.count("/") + bool(directory))


def _has_bad_name(paths: Sequence[str]) -> bool:
    """Return whether one of ``paths`` ends in an invalid name; they are split only when a quick test says that one may."""
    text = "\0".join(paths)
    return ("/." in text or "/\0" in text or text[-1:] == "/") and any(path.rpartition("/")[2] in RESERVED_NAMES for path in paths)


def format_rows(links: Sequence[FarmLink]) -> bytes:
    """Write links (at least one) as a manifest has them, without the outermost brackets and quotes: ``path","target"],["path","target``."""
    return _escape(links, _join_rows(links))[0]


def _escape(links: Sequence[FarmLink], text: bytes) -> tuple[bytes, bool]:
    """Return ``text`` as JSON has it, and whether that is ``text`` unchanged."""
    marks = 4 * len(links) - 2
    plain = len(text) - len(text.translate(None, _ESCAPED)) == marks
    return text if plain else to_canonical_json(links)[3:-3], plain


def _join_rows(links: Sequence[FarmLink]) -> bytes:
    return '"],["'.join([f'{path}","{target}' for path, target in links]).encode("utf-8", "surrogateescape")


def directory_name_of(what: str, text: bytes, count: int, *, plain: bool) -> str:
    """Return the name of a shared directory: a digest of its links (``text``, ``count`` rows of a manifest) and ``what`` else is in it.

    ``plain`` is part of it: rows with escapes may have the same text as other rows without.
    """
    head = f"{what}\0\0{'plain' if plain else 'escaped'}\0{count}\0"
    return blake3(head.encode("utf-8", "surrogateescape") + text).hexdigest(16)
