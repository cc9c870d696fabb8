"""A disk in memory that loses what was not synced: every state a power cut may leave can be built and inspected.

Two kinds of effect wait until a sync makes them durable: names (an entry of a directory changes; a rename changes two at once) and
bytes (the content of a file). A power cut may keep any subset of them, not only a prefix: a name may exist without its bytes, a later
effect without an earlier one. Effects on the same name keep their order, so the subsets in program order cover every order that a
journal may choose. ``fsync`` of a directory makes only the names in it durable.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from nipsys.effects.disk import portable
from nipsys.effects.disk.port import Buffer, Effect, FileStatus, Kind
from nipsys.model import Frozen

_ROOT = 1


class _Inode(Frozen):
    kind: Kind
    mode: int = 0o755
    mtime: int = 0
    target: str = ""


class PendingNames(Frozen):
    """A pending change of directory entries, applied atomically."""

    changes: tuple[tuple[int, str, int | None], ...]
    """(inode of the directory, name, new inode or ``None``) each."""


class PendingBytes(Frozen):
    """A pending change of a file's content."""

    inode: int
    data: bytes


@dataclass
class _State:
    """Names and contents: those on the medium, or those the running system sees."""

    names: dict[int, dict[str, int]] = field(default_factory=lambda: {_ROOT: {}})
    data: dict[int, bytes] = field(default_factory=dict)

    def apply(self, effect: PendingNames | PendingBytes) -> None:
        match effect:
            case PendingNames(changes):
                for directory, name, inode in changes:
                    entries = self.names.setdefault(directory, {})
                    if inode is None:
                        entries.pop(name, None)
                    else:
                        entries[name] = inode
            case PendingBytes(inode, data):
                self.data[inode] = data

    def copy(self) -> "_State":
        return _State({inode: dict(entries) for inode, entries in self.names.items()}, dict(self.data))


@dataclass
class _Medium:
    """What all disks of one simulation share."""

    inodes: dict[int, _Inode] = field(default_factory=lambda: {_ROOT: _Inode("directory")})
    visible: _State = field(default_factory=_State)
    durable: _State = field(default_factory=_State)
    pending: list[PendingNames | PendingBytes] = field(default_factory=list)

    def apply(self, effect: PendingNames | PendingBytes) -> None:
        self.visible.apply(effect)
        self.pending.append(effect)


class SimulatedDisk:
    """A directory of the simulated medium, with everything below it."""

    def __init__(self, medium: _Medium | None = None, home: int = _ROOT) -> None:
        """Start empty, or open the directory with the inode ``home`` of ``medium``."""
        self._medium = medium or _Medium()
        self._home = home

    @property
    def pending(self) -> tuple[PendingNames | PendingBytes, ...]:
        """Return the effects that a power cut may still lose, in program order."""
        return tuple(self._medium.pending)

    def after_crash(self, kept: Iterable[int]) -> "SimulatedDisk":
        """Return the disk after a power cut that kept the pending effects at the indexes ``kept``; all of it is durable."""
        state = self._medium.durable.copy()
        for place in sorted(kept):
            state.apply(self._medium.pending[place])
        return SimulatedDisk(_Medium(self._medium.inodes.copy(), state.copy(), state, []))

    def iter_crash_states(self, chance: Random, limit: int) -> Iterator["SimulatedDisk"]:
        """Yield disks after a power cut, one per subset of the pending effects when there are at most ``limit`` subsets.

        Otherwise a sample: all, none, each alone, each missing (of up to ``limit // 4`` effects), and random subsets.
        """
        count = len(self._medium.pending)
        if 1 << count <= limit:
            for bits in range(1 << count):
                yield self.after_crash(place for place in range(count) if bits >> place & 1)
            return
        yield self.after_crash(range(count))
        yield self.after_crash(())
        chosen = range(count) if 2 * count < limit // 2 else sorted(chance.sample(range(count), limit // 4))
        for place in chosen:
            yield self.after_crash((place,))
            yield self.after_crash(other for other in range(count) if other != place)
        for _ in range(limit // 2):
            odds = chance.random()
            yield self.after_crash([place for place in range(count) if chance.random() < odds])

    def open_directory(self, path: str) -> "SimulatedDisk":
        """Return the disk of a directory below this one."""
        inode = self._find(path)
        if self._medium.inodes[inode].kind != "directory":
            raise _os_error(errno.ENOTDIR, path)
        return SimulatedDisk(self._medium, inode)

    def close(self) -> None:
        """Do nothing: no resource is held."""

    def mkdir(self, path: str) -> None:
        """Create a directory."""
        self._create(path, _Inode("directory"))

    def write(self, path: str, data: Iterable[Buffer], mode: int = 0o444, mtime: int | None = None) -> None:
        """Create a new file: first its name, then its bytes."""
        inode = self._create(path, _Inode("file", mode, mtime or 0))
        self._medium.apply(PendingBytes(inode, b"".join(bytes(part) for part in data)))

    def append(self, path: str, data: bytes) -> None:
        """Append to a file; its bytes are durable, its name may not be."""
        try:
            inode = self._find(path)
        except FileNotFoundError:
            inode = self._create(path, _Inode("file", 0o644))
        effect = PendingBytes(inode, self._medium.visible.data.get(inode, b"") + data)
        self._medium.visible.apply(effect)
        self._medium.durable.apply(effect)

    def symlink(self, target: str, path: str) -> None:
        """Create a symbolic link; its target is in the inode."""
        self._create(path, _Inode("link", 0o777, 0, target))

    def link(self, origin: "SimulatedDisk", source: str, path: str) -> None:
        """Create a hard link."""
        inode = origin._find(source)
        directory, name = self._check_vacant(path)
        self._medium.apply(PendingNames(((directory, name, inode),)))

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do many effects, each pending by itself."""
        portable.perform(self, effects)

    def rename(self, source: str, path: str) -> None:
        """Rename, replacing ``path`` atomically."""
        inode = self._find(source)
        old_directory, old_name = self._parent(source)
        directory, name = self._parent(path)
        there = self._medium.visible.names.get(directory, {}).get(name)
        if there is not None and self._medium.inodes[there].kind == "directory" and self._medium.visible.names.get(there):
            raise _os_error(errno.ENOTEMPTY, path)
        self._medium.apply(PendingNames(((old_directory, old_name, None), (directory, name, inode))))

    def exchange(self, first: str, second: str) -> None:
        """Swap two names."""
        one, other = self._find(first), self._find(second)
        self._medium.apply(PendingNames(((*self._parent(first), other), (*self._parent(second), one))))

    def remove(self, path: str) -> None:
        """Remove a file, a link or an empty directory."""
        if self._medium.visible.names.get(self._find(path)):
            raise _os_error(errno.ENOTEMPTY, path)
        self._medium.apply(PendingNames(((*self._parent(path), None),)))

    def sync(self) -> None:
        """Make everything durable."""
        for effect in self._medium.pending:
            self._medium.durable.apply(effect)
        self._medium.pending.clear()

    def sync_directory(self, path: str = "") -> None:
        """Make the names in one directory durable, and nothing else."""
        directory = self._find(path)
        kept: list[PendingNames | PendingBytes] = []
        for effect in self._medium.pending:
            if isinstance(effect, PendingNames) and any(change[0] == directory for change in effect.changes):
                self._medium.durable.apply(effect)
            else:
                kept.append(effect)
        self._medium.pending[:] = kept

    def read(self, path: str) -> Buffer:
        """Return a file's bytes; a file whose bytes were lost is empty."""
        inode = self._find(path)
        if self._medium.inodes[inode].kind != "file":
            raise _os_error(errno.EISDIR, path)
        return self._medium.visible.data.get(inode, b"")

    def examine(self, path: str) -> tuple[FileStatus, Buffer]:
        """Return a file's status and bytes."""
        data, seen = self.read(path), self.lstat(path)
        assert seen is not None
        return seen, data

    def examine_all(self, wanted: Iterable[tuple[str, int]]) -> Iterator[tuple[FileStatus | None, Buffer]]:
        """Yield status and bytes of many files."""
        return portable.examine_all(self, wanted)

    def list_entries(self, path: str = "") -> list[tuple[str, Kind]]:
        """List a directory."""
        inode = self._find(path)
        if self._medium.inodes[inode].kind != "directory":
            raise _os_error(errno.ENOTDIR, path)
        return [(name, self._medium.inodes[entry].kind) for name, entry in self._medium.visible.names.get(inode, {}).items()]

    def readlink(self, path: str) -> str:
        """Return a link's target."""
        return self._medium.inodes[self._find(path)].target

    def lstat(self, path: str) -> FileStatus | None:
        """Return the status of a path; ``None`` when it does not exist."""
        try:
            number = self._find(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        inode = self._medium.inodes[number]
        size = len(self._medium.visible.data.get(number, b""))
        return FileStatus(inode.kind, size, inode.mtime, inode.mode, number, 1)

    def _find(self, path: str) -> int:
        inode = self._home
        for part in path.split("/") if path else ():
            if self._medium.inodes[inode].kind != "directory":
                raise _os_error(errno.ENOTDIR, path)
            found = self._medium.visible.names.get(inode, {}).get(part)
            if found is None:
                raise _os_error(errno.ENOENT, path)
            inode = found
        return inode

    def _parent(self, path: str) -> tuple[int, str]:
        above, _, name = path.rpartition("/")
        directory = self._find(above)
        if self._medium.inodes[directory].kind != "directory":
            raise _os_error(errno.ENOTDIR, path)
        return directory, name

    def _check_vacant(self, path: str) -> tuple[int, str]:
        directory, name = self._parent(path)
        if name in self._medium.visible.names.setdefault(directory, {}):
            raise _os_error(errno.EEXIST, path)
        return directory, name

    def _create(self, path: str, inode: _Inode) -> int:
        directory, name = self._check_vacant(path)
        number = len(self._medium.inodes) + 1
        self._medium.inodes[number] = inode
        self._medium.apply(PendingNames(((directory, name, number),)))
        return number


def _os_error(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)
