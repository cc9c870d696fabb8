"""A glance at a root: what is current, and whether everything it names still stands.

For commands that must answer at once: no manifest is read, whose size grows with the system, and next to nothing is imported.
"""

import json
import os
from typing import NamedTuple


class Glance(NamedTuple):
    """What is current and whether it still is what it says."""

    number: int
    digest: str
    profile: str
    created: str
    packages: int
    drift: tuple[str, ...]
    """What was changed behind nipsys's back, a line each."""


def glance(root: str, home: str) -> Glance | None:
    """Look at the current generation of ``root``; ``None`` when there is none. ``home`` is where ``~`` is.

    Every tree and view must be there, and every file of the user's must lead through ``current``; contents are ``verify``'s business.
    """
    try:
        number = int(os.readlink(f"{root}/current").rpartition("/")[2])
        with open(f"{root}/current/made.json", "rb") as file:
            made = json.load(file)
    except FileNotFoundError:
        return None
    drift = (*_lost(root), *(f"`{target}` is not the profile's any more" for target in made["files"] if not leads_here(root, home, target)))
    return Glance(number, made["digest"], made["profile"], made["created"], made["packages"], drift)


def below_files(target: str) -> str:
    """Return where a file of the user's stands below ``Files``: ``~/.vimrc`` is ``home/.vimrc``, ``/etc/motd`` is ``root/etc/motd``."""
    return "home/" + target[2:] if target.startswith("~/") else "root" + target


def leads_here(root: str, home: str, target: str) -> bool:
    """Return whether the link at ``target`` leads through the root's ``current``."""
    at = os.path.join(home, target[2:]) if target.startswith("~/") else target
    try:
        return os.readlink(at) == f"{root}/current/Files/{below_files(target)}"
    except OSError:
        return False


def _lost(root: str) -> list[str]:
    with open(f"{root}/current/trees", encoding="utf-8") as file:
        wanted = [line.rstrip("\n").split("\t") for line in file]
    there = frozenset(os.listdir(f"{root}/store"))
    return [
        f"{owner if ' ' in owner else f'the tree of `{owner}`'} is gone from the store"
        for directory, owner in wanted
        if directory not in there
    ]
