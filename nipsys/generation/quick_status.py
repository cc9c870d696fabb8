"""The quick status of a root: which generation is current, and whether everything it names still exists.

For commands that must answer at once: it reads no manifest, as its size grows with the system, and imports very little.
"""

import json
import os


class QuickStatus:
    """The current generation and how the machine differs from it."""

    __slots__ = ("created", "digest", "drift", "number", "packages", "profile")  # a NamedTuple would import `typing`

    def __init__(self, *, number: int, digest: str, profile: str, created: str, packages: int, drift: tuple[str, ...]) -> None:
        """Hold the facts; ``created`` is like ``2026-11-20T08:00:00Z``, ``drift`` has one line for each change not made by nipsys."""
        self.number = number
        self.digest = digest
        self.profile = profile
        self.created = created
        self.packages = packages
        self.drift = drift


def read_quick_status(root: str, home: str) -> QuickStatus | None:
    """Check the current generation of ``root``; ``None`` when there is none. ``home`` is the directory that ``~`` stands for.

    Every tree and view must exist, and every file of the user must lead through ``current``; contents are checked by ``nipsys verify``.
    """
    try:
        number = int(os.readlink(f"{root}/current").rpartition("/")[2])
        with open(f"{root}/current/made.json", "rb") as file:
            made = json.load(file)
    except FileNotFoundError:
        return None
    drift = (
        *_find_missing(root),
        *(f"`{target}` no longer leads to the profile's file" for target in made["files"] if not _is_linked(root, home, target)),
    )
    return QuickStatus(
        number=number, digest=made["digest"], profile=made["profile"], created=made["created"], packages=made["packages"], drift=drift
    )


def _is_linked(root: str, home: str, target: str) -> bool:
    """Return whether the link at ``target`` leads through the root's ``current`` to the file of that path.

    ``Files`` has one directory for the home and one for the rest. Which is which, only the writer knows (``generation.paths``): this
    module imports none of the project and accepts either.
    """
    at = os.path.join(home, target[2:]) if target.startswith("~/") else target
    try:
        link = os.readlink(at)
    except OSError:
        return False
    files = f"{root}/current/Files/"
    return link.startswith(files) and link.removeprefix(files).partition("/")[2] == target.removeprefix("~").removeprefix("/")


def _find_missing(root: str) -> list[str]:
    with open(f"{root}/current/trees", encoding="utf-8") as file:
        wanted = [line.rstrip("\n").split("\t") for line in file]
    there = frozenset(os.listdir(f"{root}/store"))
    return [
        f"{owner if ' ' in owner else f'the tree of `{owner}`'} is missing from the store"
        for directory, owner in wanted
        if directory not in there
    ]
