"""How the targets of links begin: in a system as seen from the link's own place, in a shared directory as seen from there.

Nearly all links of a directory lead one way, so what is true of all of them is told by counting in their text.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nipsys.store.paths import STORE

OUT = "../../../"
"""From inside a shared directory to the root."""


class Lead(NamedTuple):
    """One way in which targets begin."""

    seen: str
    """As the system has it: ``../../../../../store/``, ``../../../views/debian/``."""
    written: str
    """From a shared directory: ``../../../store/``, ``../../../store/<the view's directory>/``."""
    line: str
    """What it adds to the name of a directory."""

    mark: bytes
    """What stands in a manifest for each such target."""
    climbs: int
    """How often ``/..`` stands in it."""

    def leads(self, text: bytes, count: int) -> bool:
        """Return whether all targets of ``count`` rows of a manifest begin so, and none climbs further on."""
        return text.count(self.mark) == count and text.count(b"/..") == count * self.climbs


class Ways:
    """All the ways into the store there are: straight, and through the views of a system."""

    __slots__ = ("_at", "views")

    def __init__(self, views: Mapping[str, str]) -> None:
        """Take the views' directories in the store, by world."""
        self.views = views
        self._at: dict[int, tuple[Lead, ...]] = {}

    def at(self, place: str) -> tuple[Lead, ...]:
        """Return how targets may begin that are seen from the directory ``place`` of a generation."""
        deep = place.count("/") + 1
        known = self._at.get(deep)
        if known is None:
            ways = [(f"{'../' * (2 + deep)}{STORE}/", "", 1 + deep)]
            ways += [(f"{'../' * deep}views/{world}/", f"{directory}/", deep - 1) for world, directory in self.views.items()]
            known = self._at[deep] = tuple(
                Lead(seen, f"{OUT}{STORE}/{below}", f"v\0{below}", f'","{seen}'.encode(), climbs) for seen, below, climbs in ways
            )
        return known

    def of(self, place: str, target: str) -> Lead | None:
        """Return how one target begins; ``None`` when in another way."""
        for lead in self.at(place):
            if target.startswith(lead.seen):
                return lead
        return None

    def all(self, place: str, text: bytes, count: int) -> tuple[Lead, ...] | None:
        """Return how the targets of ``count`` rows of a manifest begin; ``None`` when one does in another way, or climbs further on."""
        used: list[Lead] = []
        found = climbs = 0
        for lead in self.at(place):
            if here := text.count(lead.mark):
                used.append(lead)
                found += here
                climbs += here * lead.climbs
            if found == count:
                break
        return tuple(used) if found == count and text.count(b"/..") == climbs else None


def turned(target: str, leads: Sequence[Lead]) -> str:
    """Return a target as a shared directory has it; with no leads it is that already."""
    return next((lead.written + target.removeprefix(lead.seen) for lead in leads if target.startswith(lead.seen)), target)


def turned_by_parts(path: str, target: str, views: Mapping[str, str]) -> str | None:
    """Return the target of the link ``path`` as a shared directory has it, whatever its kind; ``None`` when it leads into the generation."""
    if target.startswith("/") or "/" not in target:
        return target
    parts = ["generations", "N", *path.split("/")[:-1]]
    for part in target.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if parts[:3] == ["generations", "N", "views"] and len(parts) > 3 and parts[3] in views:
        parts[:4] = [STORE, views[parts[3]]]
    return None if parts[:1] == ["generations"] else OUT + "/".join(parts)
