"""Extract members into a directory: hashed as they are read, written in groups."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import NamedTuple

from blake3 import blake3

from nipsys.effects.disk.port import Buffer, Disk, Effect
from nipsys.effects.threads.pool import Task
from nipsys.model.package.container import Container
from nipsys.model.system.tree import Directory, Entry, File, Link, Tree
from nipsys.store.ingest.policy import Admitted, Door
from nipsys.store.member import Limits, Member, damaged, hostile

_SMALL = 1 << 20
"""Bytes of a file up to which it is written together with others; a larger one is written as it is read."""
_BYTES, _EFFECTS = 2 << 20, 1024
"""The most bytes and effects that are queued."""
_LENT = 16 << 20
"""Bytes of stream parts that queued files may keep in memory: a file of one byte keeps the whole part it is a slice of."""
_FEW = 1 << 18
"""Bytes that are enough to start an idle writer thread."""


class Unfolded(NamedTuple):
    """An extracted directory."""

    tree: Tree
    text: bytes
    """The tree's manifest, made while the last files were written."""
    notes: tuple[str, ...]
    """Paths whose set-user-id, set-group-id or sticky bit was dropped."""


def unfold(disk: Disk, members: Iterable[Member], container: Container, limits: Limits) -> Unfolded:
    """Write ``members`` into the empty directory of ``disk``: files get mode 0444 or 0555, owners are dropped, times kept.

    ``Rejected`` names the member that is not allowed in a tree; the caller removes what was written until then.
    """
    door = Door(container, limits)
    writing = _Writing(disk, limits)
    added = (Member(path, "link", target=target, role="added") for path, target in container.links)
    for member in chain(members, added):
        place = door.admit(member)
        if place is not None:
            writing.write(place)
    writing.flush()
    tree = Tree.of(writing.entries.values())
    done = Unfolded(tree, tree.text(), tuple(door.notes))
    writing.settle()
    return done


class _Writing:
    """Writes one directory; effects are queued and written in groups, in the order of the archive."""

    def __init__(self, disk: Disk, limits: Limits) -> None:
        self._disk = disk
        self._beside = limits.beside
        self._waiting: list[Effect] = []
        self._bytes = self._lent = 0
        self._lender: Buffer = b""
        self._members: dict[str, str] = {}
        self._handed: dict[str, str] = {}
        self._behind: Task | None = None
        self.entries: dict[str, Entry] = {}

    def write(self, place: Admitted) -> None:
        """Add one member."""
        path, member = place.path, place.member
        for directory in place.missing:
            self._wait(Effect("mkdir", directory), member)
            self.entries[directory] = Directory(directory)
        match member.kind:
            case "file":
                self.entries[path] = self._file(path, member)
            case "directory":
                if path not in self.entries:
                    self._wait(Effect("mkdir", path), member)
                    self.entries[path] = Directory(path)
            case "link":
                self._wait(Effect("symlink", path, target=member.target), member)
                self.entries[path] = Link(path, member.target)
            case _:
                origin = self.entries[place.target]
                assert isinstance(origin, File)
                self._wait(Effect("link", path, target=place.target), member)
                self.entries[path] = origin._replace(path=path)

    def flush(self) -> None:
        """Write the queued effects, or hand them to the writer thread once it has written the group before."""
        self.settle()
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        self._lender, self._lent = b"", 0
        self._handed, self._members = self._members, {}
        if self._beside is None:
            with _named(self._handed):
                self._disk.perform(waiting)
        else:
            self._behind = self._beside.write(partial(self._disk.perform, waiting))

    def settle(self) -> None:
        """Wait until the writer thread has written what it was handed."""
        task, self._behind = self._behind, None
        if task is not None and self._beside is not None:
            with _named(self._handed):
                self._beside.result(task)

    def _wait(self, effect: Effect, member: Member) -> None:
        idle = self._beside is not None and self._beside.writes and (self._behind is None or self._behind.done)
        if self._bytes >= (_FEW if idle else _BYTES) or len(self._waiting) >= _EFFECTS or self._lent >= _LENT:
            self.flush()
        self._waiting.append(effect)
        self._members[effect.path] = member.path
        self._bytes += len(effect.data)
        if effect.data and (lender := _lender(effect.data)) is not self._lender:
            self._lender, self._lent = lender, self._lent + len(lender)

    def _file(self, path: str, member: Member) -> File:
        mode = 0o555 if member.mode & 0o111 else 0o444
        mtime = min(max(member.mtime, 0), (1 << 32) - 1)  # the range that every file system can store
        if member.size <= _SMALL:
            data = _whole(member)
            digest = blake3(data)
            self._wait(Effect("write", path, data, mode, mtime), member)
        else:
            self.flush()
            self.settle()
            digest = blake3()
            with _named({}, member.path):
                self._disk.write(path, _hashed(member, digest), mode, mtime)
        return File(path, digest.hexdigest(), member.size, mode == 0o555, mtime)


def _whole(member: Member) -> Buffer:
    """Return the bytes of a small file; ``Rejected`` when there are more or fewer than its size."""
    parts = list[Buffer]()
    done = 0
    for part in member.data:
        parts.append(part)
        done += len(part)
        if done > member.size:
            break
    if done != member.size:
        raise _wrong_size(member, done)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _hashed(member: Member, digest: blake3) -> Iterator[Buffer]:
    """Yield the bytes of a large file and hash them; ``Rejected`` when there are more or fewer than its size."""
    done = 0
    for part in member.data:
        digest.update(part)
        done += len(part)
        yield part
    if done != member.size:
        raise _wrong_size(member, done)


def _lender(data: Buffer) -> Buffer:
    """Return the buffer that ``data`` keeps in memory."""
    origin = data.obj if isinstance(data, memoryview) else data
    return origin if isinstance(origin, bytes) else data


def _wrong_size(member: Member, done: int) -> Exception:
    return damaged(f"member `{member.path}` has {done} bytes or more instead of {member.size}")


@contextmanager
def _named(members: Mapping[str, str], alone: str = "") -> Iterator[None]:
    """Turn ``FileExistsError`` into ``Rejected`` that names the member; ``members`` are by path in the tree."""
    try:
        yield
    except FileExistsError as error:
        path = alone or members.get(error.filename, error.filename)
        raise hostile(path, "collides with another member", "the file system of this store does not distinguish their names") from None
