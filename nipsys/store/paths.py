"""Where the store keeps what, below the root."""

STORE = "store"
MANIFESTS = "store/.manifests"
ARTIFACTS = "store/.artifacts"
NEW = ".new-"
"""What begins so was never committed: any process that holds the guard may remove it."""


def tree_path(directory: str) -> str:
    """Return the path of a tree."""
    return f"{STORE}/{directory}"


def manifest_path(directory: str) -> str:
    """Return the path of a tree's manifest."""
    return f"{MANIFESTS}/{directory}"


def artifact_path(digest: str) -> str:
    """Return the path of the record of an artifact."""
    return f"{ARTIFACTS}/{digest.replace(':', '-').replace('/', '_')}"
