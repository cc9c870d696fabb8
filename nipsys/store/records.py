"""The record of an artifact: which tree its bytes became."""

import json

from nipsys.effects.disk import Disk
from nipsys.model.digest import canonical
from nipsys.model.tree import TreeName


def artifact_text(name: TreeName, dropped: tuple[str, ...] = ()) -> bytes:
    """Write the record; ``dropped`` are the paths that lost a set-user-id, set-group-id or sticky bit."""
    return canonical([name.digest, name.name, name.version, *([list(dropped)] if dropped else [])])


def read_artifact(disk: Disk, path: str) -> TreeName | None:
    """Read a record; ``None`` when there is none, or none that can be read (it is only a memory: the artifact is unpacked again)."""
    try:
        digest, name, version, *_ = json.loads(bytes(disk.read(path)))
    except (FileNotFoundError, ValueError):
        return None
    return TreeName(digest, name, version)


def read_dropped(disk: Disk, path: str) -> tuple[str, ...]:
    """Read the paths that lost a bit; none when the record says nothing."""
    try:
        _, _, _, *rest = json.loads(bytes(disk.read(path)))
    except (FileNotFoundError, ValueError):
        return ()
    return tuple(rest[0]) if rest else ()
