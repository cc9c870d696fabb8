"""The record of an artifact: which tree its bytes became."""

import json

from nipsys.effects.disk import Disk
from nipsys.model.digest import canonical
from nipsys.model.tree import TreeName


def artifact_text(name: TreeName) -> bytes:
    """Write the record."""
    return canonical([name.digest, name.name, name.version])


def read_artifact(disk: Disk, path: str) -> TreeName | None:
    """Read a record; ``None`` when there is none, or none that can be read (it is only a memory: the artifact is unpacked again)."""
    try:
        digest, name, version = json.loads(bytes(disk.read(path)))
    except (FileNotFoundError, ValueError):
        return None
    return TreeName(digest, name, version)
