"""Members become a directory: written once, hashed while they are written."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from blake3 import blake3

from nipsys.effects.disk import Buffer, Disk
from nipsys.model.container import Container
from nipsys.model.tree import Directory, Entry, File, Link, Tree
from nipsys.store.admission import Admitted, Door
from nipsys.store.member import Limits, Member, damaged, hostile


class Unfolded(NamedTuple):
    """A written directory as a value."""

    tree: Tree
    notes: tuple[str, ...]
    """Paths whose set-user-id, set-group-id or sticky bit was dropped."""


def unfold(disk: Disk, members: Iterable[Member], container: Container, limits: Limits) -> Unfolded:
    """Write ``members`` into the empty directory of ``disk``; files 0444 or 0555, owners dropped, times kept.

    ``Rejected`` names the member that does not belong in a tree; what was written until then is the caller's debris.
    """
    door = Door(container, limits)
    entries: dict[str, Entry] = {}
    added = (Member(path, "link", target=target, role="added") for path, target in container.links)
    for member in chain(members, added):
        place = door.admit(member)
        if place is not None:
            for directory in place.missing:
                disk.mkdir(directory)
                entries[directory] = Directory(directory)
            entry = _write(disk, place, entries)
            if entry is not None:
                entries[entry.path] = entry
    return Unfolded(Tree.of(entries.values()), tuple(door.notes))


def _write(disk: Disk, place: Admitted, entries: dict[str, Entry]) -> Entry | None:
    path, member = place.path, place.member
    try:
        match member.kind:
            case "file":
                return _file(disk, path, member)
            case "directory":
                if path in entries:
                    return None
                disk.mkdir(path)
                return Directory(path)
            case "link":
                disk.symlink(member.target, path)
                return Link(path, member.target)
            case _:
                origin = entries[place.target]
                assert isinstance(origin, File)
                disk.link(disk, place.target, path)
                return origin._replace(path=path)
    except FileExistsError:
        raise hostile(member.path, "collides with another", "the file system of this store does not tell their names apart") from None


def _file(disk: Disk, path: str, member: Member) -> File:
    executable = bool(member.mode & 0o111)
    mtime = min(max(member.mtime, 0), (1 << 32) - 1)  # what every file system can keep
    digest = blake3()
    done = 0

    def hashed() -> Iterator[Buffer]:
        nonlocal done
        for part in member.data:
            digest.update(part)
            done += len(part)
            yield part

    disk.write(path, hashed(), 0o555 if executable else 0o444, mtime)
    if done != member.size:
        raise damaged(f"member `{member.path}` has {done} bytes instead of {member.size}")
    return File(path, digest.hexdigest(), member.size, executable, mtime)
