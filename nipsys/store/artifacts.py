"""Artifact records: which tree the bytes of an artifact became."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from nipsys.effects.disk import Disk
from nipsys.model import make_json_quoter
from nipsys.model.system import TreeName
from nipsys.store.paths import ARTIFACTS, NEW_PREFIX


class ArtifactRecord(NamedTuple):
    """An artifact, by the name of its record file, and the tree it became."""

    file_name: str
    """File name below ``store/.artifacts``."""
    digest: str
    name: str
    version: str

    @property
    def tree(self) -> TreeName:
        """Return the tree."""
        return TreeName(self.digest, self.name, self.version)


def read_records(disk: Disk) -> tuple[ArtifactRecord, ...]:
    """Return all records, sorted."""
    names = sorted(name for name, _ in disk.list_entries(ARTIFACTS) if not name.startswith(NEW_PREFIX))
    read = ((name, read_record(disk, f"{ARTIFACTS}/{name}")) for name in names)
    return tuple(ArtifactRecord(name, tree.digest, tree.name, tree.version) for name, tree in read if tree is not None)


def encode_record(name: TreeName, dropped: tuple[str, ...] = ()) -> bytes:
    """Return the text of a record; ``dropped`` are the paths that lost a set-user-id, set-group-id or sticky bit."""
    fields = (name.digest, name.name, name.version)
    quoted = make_json_quoter((*fields, *dropped))
    rest = f",[{','.join(map(quoted, dropped))}]" if dropped else ""
    return f"[{','.join(map(quoted, fields))}{rest}]".encode("utf-8", "surrogateescape")


def read_record(disk: Disk, path: str) -> TreeName | None:
    """Read a record; ``None`` when it is missing or unreadable (it is only a cache: the artifact is then unpacked again)."""
    fields = _read_fields(disk, path)
    return TreeName(*fields[:3]) if len(fields) >= 3 else None


def read_dropped_bits(disk: Disk, path: str) -> tuple[str, ...]:
    """Read the paths that lost a set-user-id, set-group-id or sticky bit; empty when the record lists none."""
    fields = _read_fields(disk, path)
    return tuple(fields[3]) if len(fields) > 3 else ()


def _read_fields(disk: Disk, path: str) -> list[Any]:
    try:
        text = bytes(disk.read(path))
    except FileNotFoundError:
        return []
    import json  # noqa: PLC0415 - imports `re`, and a first apply reads no records

    try:
        fields = json.loads(text.decode("utf-8", "surrogateescape"))
    except ValueError:
        return []
    return fields if isinstance(fields, list) else []


def describe_dropped_bits(rows: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """Return a sentence about the files, by package, whose set-user-id, set-group-id or sticky bits were dropped; empty when none were."""
    shown = [f"`{name}` ({', '.join(f'`{path}`' for path in paths)})" for name, paths in rows if paths]
    return f"set-user-id, set-group-id and sticky bits were dropped: {', '.join(shown)}" if shown else ""
