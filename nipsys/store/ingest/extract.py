"""Extract members into a directory: hashed as they are read, written in groups."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import NamedTuple

from blake3 import blake3

from nipsys.effects.disk import Buffer, Disk, Effect
from nipsys.model.package import UnpackSpec
from nipsys.model.system import Directory, Entry, File, Link, Tree
from nipsys.store.ingest.policy import Admitted, PathPolicy
from nipsys.store.member import Limits, Member, reject_damaged, reject_hostile
from nipsys.store.streams import Pipeline

_SMALL = 1 << 20
"""Bytes of a file up to which it is written together with others; a larger one is written as it is read."""
_BYTES, _EFFECTS = 2 << 20, 1024
"""The most bytes and effects that are queued."""
_LENT = 16 << 20
"""Bytes of stream parts that queued files may keep in memory: a file of one byte keeps the whole part it is a slice of."""
_FEW = 1 << 18
"""Bytes that are enough to start an idle writer thread."""


class Extracted(NamedTuple):
    """An extracted directory."""

    tree: Tree
    text: bytes
    """The tree's manifest, made while the last files were written."""
    dropped_bits: tuple[str, ...]
    """Paths whose set-user-id, set-group-id or sticky bit was dropped."""


def extract(disk: Disk, members: Iterable[Member], container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Extracted:
    """Write ``members`` into the empty directory of ``disk``: files get mode 0444 or 0555, owners are dropped, times kept.

    A thread of ``pipeline`` writes while the caller reads; without one the caller writes too. ``Rejected`` names the member that is not
    allowed in a tree; the caller removes what was written until then.
    """
    door = PathPolicy(container, limits)
    writing = _TreeWriter(disk, pipeline)
    added = (Member(path, "link", target=target, role="added") for path, target in container.links)
    for member in chain(members, added):
        place = door.check(member)
        if place is not None:
            writing.write(place)
    writing.flush()
    tree = Tree.from_entries(writing.entries.values())
    done = Extracted(tree, tree.to_text(), tuple(door.dropped_bits))
    writing.wait()
    return done


class _TreeWriter:
    """Writes one directory; effects are queued and written in groups, in the order of the archive."""

    def __init__(self, disk: Disk, pipeline: Pipeline | None) -> None:
        self._disk = disk
        self._pipeline = pipeline
        self._waiting: list[Effect] = []
        self._bytes = self._lent = 0
        self._lender: Buffer = b""
        self._members: dict[str, str] = {}
        self._handed: dict[str, str] = {}
        self._pending: Future[None] | None = None
        self.entries: dict[str, Entry] = {}

    def write(self, place: Admitted) -> None:
        """Add one member."""
        path, member = place.path, place.member
        for directory in place.missing:
            self._queue(Effect("mkdir", directory), member)
            self.entries[directory] = Directory(directory)
        match member.kind:
            case "file":
                self.entries[path] = self._write_file(path, member)
            case "directory":
                if path not in self.entries:
                    self._queue(Effect("mkdir", path), member)
                    self.entries[path] = Directory(path)
            case "link":
                self._queue(Effect("symlink", path, target=member.target), member)
                self.entries[path] = Link(path, member.target)
            case _:
                origin = self.entries[place.target]
                assert isinstance(origin, File)
                self._queue(Effect("link", path, target=place.target), member)
                self.entries[path] = origin._replace(path=path)

    def flush(self) -> None:
        """Write the queued effects, or hand them to the writer thread once it has written the group before."""
        self.wait()
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        self._lender, self._lent = b"", 0
        self._handed, self._members = self._members, {}
        if self._pipeline is None:
            with _translate_clashes(self._handed):
                self._disk.perform(waiting)
        else:
            self._pending = self._pipeline.write(partial(self._disk.perform, waiting))

    def wait(self) -> None:
        """Wait until the writer thread has written what it was handed."""
        pending, self._pending = self._pending, None
        if pending is not None and self._pipeline is not None:
            with _translate_clashes(self._handed):
                self._pipeline.result(pending)

    def _queue(self, effect: Effect, member: Member) -> None:
        idle = self._pipeline is not None and self._pipeline.writes and (self._pending is None or self._pending.done())
        if self._bytes >= (_FEW if idle else _BYTES) or len(self._waiting) >= _EFFECTS or self._lent >= _LENT:
            self.flush()
        self._waiting.append(effect)
        self._members[effect.path] = member.path
        self._bytes += len(effect.data)
        if effect.data and (lender := _buffer_of(effect.data)) is not self._lender:
            self._lender, self._lent = lender, self._lent + len(lender)

    def _write_file(self, path: str, member: Member) -> File:
        mode = 0o555 if member.mode & 0o111 else 0o444
        mtime = min(max(member.mtime, 0), (1 << 32) - 1)  # the range that every file system can store
        if member.size <= _SMALL:
            data = _read_whole(member)
            digest = blake3(data)
            self._queue(Effect("write", path, data, mode, mtime), member)
        else:
            self.flush()
            self.wait()
            digest = blake3()
            with _translate_clashes({}, member.path):
                self._disk.write(path, _hash_data(member, digest), mode, mtime)
        return File(path, digest.hexdigest(), member.size, mode == 0o555, mtime)


def _read_whole(member: Member) -> Buffer:
    """Return the bytes of a small file; ``Rejected`` when there are more or fewer than its size."""
    parts = list[Buffer]()
    done = 0
    for part in member.data:
        parts.append(part)
        done += len(part)
        if done > member.size:
            break
    if done != member.size:
        raise _reject_size(member, done)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _hash_data(member: Member, digest: blake3) -> Iterator[Buffer]:
    """Yield the bytes of a large file and hash them; ``Rejected`` when there are more or fewer than its size."""
    done = 0
    for part in member.data:
        digest.update(part)
        done += len(part)
        yield part
    if done != member.size:
        raise _reject_size(member, done)


def _buffer_of(data: Buffer) -> Buffer:
    """Return the buffer that ``data`` keeps in memory."""
    origin = data.obj if isinstance(data, memoryview) else data
    return origin if isinstance(origin, bytes) else data


def _reject_size(member: Member, done: int) -> Exception:
    return reject_damaged(f"member `{member.path}` has {done} bytes or more instead of {member.size}")


@contextmanager
def _translate_clashes(members: Mapping[str, str], alone: str = "") -> Iterator[None]:
    """Turn ``FileExistsError`` into ``Rejected`` that names the member; ``members`` are by path in the tree."""
    try:
        yield
    except FileExistsError as error:
        path = alone or members.get(error.filename, error.filename)
        raise reject_hostile(
            path, "collides with another member", "the file system of this store does not distinguish their names"
        ) from None
