"""Paths of the generations, below the root."""

GENERATIONS = "generations"
SHARED_LINKS = "generations/.links"
"""Directories of the symlink farm, shared by all generations in which they are the same."""
MARKS = "generations/.marks"
"""Labels and pins, one file per generation."""
CURRENT = "current"
"""The link to the current generation; its rename is the only commit point."""
NEW_PREFIX = ".new-"
"""Names with this prefix were never committed: any process that holds the root's lock may remove them."""


def files_path(target: str) -> str:
    """Return the path of a user's file below ``Files``: ``~/.vimrc`` is ``home/.vimrc``, ``/etc/motd`` is ``root/etc/motd``."""
    return "home/" + target[2:] if target.startswith("~/") else "root" + target
