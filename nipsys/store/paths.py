"""Paths of the store, relative to the root."""

STORE = "store"
MANIFESTS = "store/.manifests"
ARTIFACTS = "store/.artifacts"
NEW_PREFIX = ".new-"
"""Prefix of names that were never committed: any process that holds the lock may remove them."""


def tree_path(directory: str) -> str:
    """Return the path of a tree."""
    return f"{STORE}/{directory}"


def manifest_path(directory: str) -> str:
    """Return the path of a tree's manifest."""
    return f"{MANIFESTS}/{directory}"


def artifact_path(digest: str) -> str:
    """Return the path of an artifact's record."""
    return f"{ARTIFACTS}/{digest.replace(':', '-').replace('/', '_')}"
