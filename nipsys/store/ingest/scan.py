"""Read a directory as a manifest."""

import os
from collections.abc import Mapping

from blake3 import blake3

from nipsys.effects.disk import STATUS_ONLY, Disk, FileStatus
from nipsys.model.system import Directory, Entry, File, Link, Tree
from nipsys.store.member import reject_hostile


def scan_tree(disk: Disk, top: str, normalise: str = "", known: Mapping[str, File] | None = None) -> Tree:
    """Read the directory ``top`` as a tree; with ``normalise`` (its absolute path) files are first set to mode 0444 or 0555.

    ``known`` maps paths to files that were hard-linked from the store. Those that still have several links and the size, time and
    mode of the store's file are not read again, because programs that write below ``top`` replace files and never write into them.
    ``Rejected`` for a device, pipe or socket.
    """
    entries: list[Entry] = []
    linked: list[File] = []
    unknown: list[str] = []
    known = known or {}
    ahead = [""]
    while ahead:
        directory = ahead.pop()
        for name, kind in disk.list_entries(f"{top}/{directory}" if directory else top):
            path = f"{directory}/{name}" if directory else name
            match kind:
                case "directory":
                    entries.append(Directory(path))
                    ahead.append(path)
                    if normalise:
                        os.chmod(f"{normalise}/{path}", 0o755)  # noqa: S103 - the mode of every directory of the store
                case "link":
                    entries.append(Link(path, disk.readlink(f"{top}/{path}")))
                case "file" if path in known:
                    linked.append(known[path]._replace(path=path))
                case "file":
                    unknown.append(path)
                case _:
                    raise reject_hostile(path, "is a device, a pipe or a socket")
    for file, (seen, _) in zip(linked, disk.examine_all((f"{top}/{file.path}", STATUS_ONLY) for file in linked), strict=True):
        if seen is not None and seen.links > 1 and is_unchanged(file, seen):
            entries.append(file)
        else:
            unknown.append(file.path)
    read: dict[int, File] = {}
    entries += (_read_file(disk, top, path, normalise, read) for path in unknown)
    return Tree.from_entries(entries)


def is_unchanged(file: File, seen: FileStatus) -> bool:
    """Return whether kind, size, time and executable bit of a file are those in its manifest; its bytes are not read."""
    executable = seen.mode & 0o111 != 0
    return seen.kind == "file" and (seen.size, seen.mtime, executable) == (file.size, file.mtime, file.executable)


def _read_file(disk: Disk, top: str, path: str, normalise: str, read: dict[int, File]) -> File:
    """Read one file; ``read`` holds, by inode, the files with several links."""
    seen = disk.lstat(f"{top}/{path}")
    assert seen is not None
    if seen.inode in read:
        return read[seen.inode]._replace(path=path)
    executable = bool(seen.mode & 0o111)
    if normalise and seen.mode != (mode := 0o555 if executable else 0o444):
        os.chmod(f"{normalise}/{path}", mode)
    found = File(path, blake3(disk.read(f"{top}/{path}")).hexdigest(), seen.size, executable, seen.mtime)
    if seen.links > 1:
        read[seen.inode] = found
    return found
