"""Tree folding: a directory of the symlink farm ``Links`` with files of one package only becomes one link to the view's directory.

Thousands of header files or icons then cost one link. This is decided for each generation from all its links, so a directory with
files of a second package is a real one again. Entries directly in ``Links/Headers``, ``Links/Shared`` and so on are not folded,
nor are stubs or rewritten copies (``.share``), because these are not in the view's own directory.
"""

from collections.abc import Iterable, Mapping, Sequence
from posixpath import basename, dirname
from typing import NamedTuple

from nipsys.model.system import FarmLink
from nipsys.view.model import ViewPlan

_TOP = 2
"""Slashes in the shortest path that may be folded: ``Links/Headers/openssl``."""
_VIEWS = "views/"

ViewLocation = tuple[str, str]
"""A world, and a directory in its view."""


class _OwnedDirectory(NamedTuple):
    """A directory of the farm that equals one of a view, with its owner."""

    location: ViewLocation
    owner: str


class _ViewDirectory(NamedTuple):
    """A directory of a view that a directory of the farm might equal."""

    names: dict[str, str]
    """Owners of its entries by name, without directories."""
    below: set[str]
    """Names of its directories that are not empty."""


class _FarmDirectory:
    """A directory of the farm: its links, and the names of its directories."""

    __slots__ = ("below", "links")

    def __init__(self) -> None:
        self.links: dict[str, str] = {}
        self.below: set[str] = set()


def fold_links(links: Iterable[FarmLink], views: Sequence[ViewPlan]) -> tuple[FarmLink, ...]:
    """Return ``links`` with every directory that one package owns folded into one link; ``views`` are those the links lead to."""
    every = tuple(links)
    places = _group_links(every)
    held = _read_views(places, views)
    whole = {path: found for path in places if path.count("/") >= _TOP and (found := _match_directory(path, places, held)) is not None}
    tops = {path for path in whole if dirname(path) not in whole}
    kept = [link for link in every if _top_of(link.path, tops) is None]
    return (*kept, *(FarmLink(path, f"{'../' * path.count('/')}{_VIEWS}{'/'.join(whole[path].location)}") for path in sorted(tops)))


def _top_of(path: str, tops: set[str]) -> str | None:
    while path.count("/") > _TOP:
        path = dirname(path)
        if path in tops:
            return path
    return None


def _group_links(links: Iterable[FarmLink]) -> dict[str, _FarmDirectory]:
    """Group links by directory, including all parent directories."""
    places: dict[str, _FarmDirectory] = {}
    for path, target in links:
        above, _, name = path.rpartition("/")
        place = places.get(above)
        if place is None:
            place = places[above] = _FarmDirectory()
            while above.count("/") > _TOP:
                above, _, below = above.rpartition("/")
                there = above in places
                places.setdefault(above, _FarmDirectory()).below.add(below)
                if there:
                    break
        place.links[name] = target
    return places


def _location_of(target: str) -> tuple[str, str] | None:
    """Return the world, and the path in its view, that a link leads to; ``None`` for other links."""
    inside = target.lstrip("./")
    world, slash, path = inside.removeprefix(_VIEWS).partition("/")
    return (world, path) if inside.startswith(_VIEWS) and slash else None


def _read_views(places: Mapping[str, _FarmDirectory], views: Sequence[ViewPlan]) -> dict[ViewLocation, _ViewDirectory]:
    """Return the contents of candidate directories in the views, without those that contain more than is linked."""
    wanted = _find_candidates(places, {view.world for view in views})
    found: dict[ViewLocation, _ViewDirectory] = {}
    for view in views:
        known = {path: _ViewDirectory({}, set()) for path in wanted[view.world]}
        mixed = set()
        for path, kind, _, owner in view.entries if known else ():
            above, _, name = path.rpartition("/")
            if kind == "d":
                continue
            if above in known:
                known[above].names[name] = owner
            elif nearest := _nearest_of(above, known):
                mixed.add(nearest)
        written = tuple(f"{path}/" for step in view.steps for path in step.writes)
        mixed.update(path for path in known if any(f"{path}/".startswith(over) or over.startswith(f"{path}/") for over in written))
        for path in [path for path, shelf in known.items() if shelf.names or path in mixed]:
            while (above := dirname(path)) in known:
                known[above].below.add(basename(path))
                path = above  # noqa: PLW2901 - walks up
        found.update(((view.world, path), shelf) for path, shelf in known.items() if path not in mixed)
    return found


def _find_candidates(places: Mapping[str, _FarmDirectory], worlds: Iterable[str]) -> dict[str, set[str]]:
    """Return, by world, the directories of its view that links of the farm at sufficient depth lead into."""
    wanted: dict[str, set[str]] = {world: set() for world in worlds}
    for path, place in places.items():
        for target in place.links.values():
            spot = _location_of(target)
            known = wanted.get(spot[0]) if spot else None
            if spot is None or known is None:
                continue
            above = spot[1]
            for _ in range(path.count("/") - _TOP + 1):
                above = dirname(above)
                known.add(above)
    return wanted


def _nearest_of(path: str, known: Mapping[str, object]) -> str:
    while path and path not in known:
        path = dirname(path)
    return path


def _match_directory(
    path: str, places: Mapping[str, _FarmDirectory], held: Mapping[ViewLocation, _ViewDirectory]
) -> _OwnedDirectory | None:
    """Return the view's directory that a directory of the farm equals, recursively, if one package owns all of it."""
    place = places[path]
    spots: set[ViewLocation] = set()
    owners: set[str] = set()
    for name, target in place.links.items():
        spot = _location_of(target)
        if spot is None or basename(spot[1]) != name:
            return None
        spots.add((spot[0], dirname(spot[1])))
    for name in place.below:
        found = _match_directory(f"{path}/{name}", places, held)
        if found is None or basename(found.location[1]) != name:
            return None
        spots.add((found.location[0], dirname(found.location[1])))
        owners.add(found.owner)
    if len(spots) != 1:
        return None
    (here,) = spots
    shelf = held.get(here)
    if shelf is None or shelf.names.keys() != place.links.keys() or shelf.below != place.below:
        return None
    owners.update(shelf.names.values())
    return _OwnedDirectory(here, owners.pop()) if len(owners) == 1 and "" not in owners else None
