"""Prefixes of link targets: relative to the link's own directory in a system, relative to the shared directory on the disk.

Nearly all targets of a directory have the same prefix, so checks of all of them are done by counting in their text.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nipsys.store import STORE

TO_ROOT = "../../../"
"""From inside a shared directory to the root."""


class TargetPrefix(NamedTuple):
    """A prefix of targets."""

    seen: str
    """As the system has it: ``../../../../../store/``, ``../../../views/debian/``."""
    written: str
    """As a shared directory has it: ``../../../store/``, ``../../../store/<the view's directory>/``."""
    name_part: str
    """Its part in the name of a directory."""

    mark: bytes
    """The text of a manifest before and in each such target."""
    climbs: int
    """How often ``/..`` is in it."""

    def covers(self, text: bytes, count: int) -> bool:
        """Return whether all targets in ``count`` rows of a manifest have this prefix, and no ``..`` after it."""
        return text.count(self.mark) == count and text.count(b"/..") == count * self.climbs


class TargetPrefixes:
    """All prefixes that lead into the store: directly, and through the views of a system."""

    __slots__ = ("_at", "views")

    def __init__(self, views: Mapping[str, str]) -> None:
        """Keep the views' directories in the store, by world."""
        self.views = views
        self._at: dict[int, tuple[TargetPrefix, ...]] = {}

    def seen_from(self, place: str) -> tuple[TargetPrefix, ...]:
        """Return the possible prefixes of targets relative to the directory ``place`` of a generation."""
        deep = place.count("/") + 1
        known = self._at.get(deep)
        if known is None:
            ways = [(f"{'../' * (2 + deep)}{STORE}/", "", 1 + deep)]
            ways += [(f"{'../' * deep}views/{world}/", f"{directory}/", deep - 1) for world, directory in self.views.items()]
            known = self._at[deep] = tuple(
                TargetPrefix(seen, f"{TO_ROOT}{STORE}/{below}", f"v\0{below}", f'","{seen}'.encode(), climbs)
                for seen, below, climbs in ways
            )
        return known

    def find(self, place: str, target: str) -> TargetPrefix | None:
        """Return the prefix of one target; ``None`` when it has none of them."""
        for lead in self.seen_from(place):
            if target.startswith(lead.seen):
                return lead
        return None

    def find_all(self, place: str, text: bytes, count: int) -> tuple[TargetPrefix, ...] | None:
        """Return the prefixes of the targets in ``count`` rows of a manifest; ``None`` when one has another, or a ``..`` after it."""
        used: list[TargetPrefix] = []
        found = climbs = 0
        for lead in self.seen_from(place):
            if here := text.count(lead.mark):
                used.append(lead)
                found += here
                climbs += here * lead.climbs
            if found == count:
                break
        return tuple(used) if found == count and text.count(b"/..") == climbs else None


def rewrite_target(target: str, leads: Sequence[TargetPrefix]) -> str:
    """Return a target as a shared directory has it; with empty ``covers`` it is that already."""
    return next((lead.written + target.removeprefix(lead.seen) for lead in leads if target.startswith(lead.seen)), target)


def resolve_target(path: str, target: str, views: Mapping[str, str]) -> str | None:
    """Return any target of the link ``path`` as a shared directory has it; ``None`` when it leads into the generation itself."""
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
    return None if parts[:1] == ["generations"] else TO_ROOT + "/".join(parts)
