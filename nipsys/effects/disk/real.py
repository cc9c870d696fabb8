"""The disk of the real file system: every call is relative to one open directory."""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from nipsys.effects.disk import portable
from nipsys.effects.disk.port import Buffer, Effect, FileStatus, Kind, kind_of

if TYPE_CHECKING:
    from nipsys.effects.disk.native import DiskLibrary

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAPPED_FROM = 1 << 20
_RENAME_EXCHANGE = 2


class RealDisk:
    """The real file system: every call is relative to one open directory."""

    def __init__(self, path: str, *, create: bool = False, native: bool = True) -> None:
        """Open the directory ``path`` (created with its parents on ``create``); ``native`` allows use of the compiled library."""
        if create:
            os.makedirs(path, exist_ok=True)
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._masked = bool(_read_umask() & 0o555)
        self.native = native

    def open_directory(self, path: str) -> "RealDisk":
        """Open a directory below this one."""
        inner = RealDisk.__new__(RealDisk)
        inner.path = f"{self.path}/{path}"
        inner._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=self._fd)
        inner._masked = self._masked
        inner.native = self.native
        return inner

    def close(self) -> None:
        """Close the directory; closing it again has no effect."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mkdir(self, path: str) -> None:
        """Create a directory that its owner may write."""
        os.mkdir(path, 0o755, dir_fd=self._fd)

    def write(self, path: str, data: Iterable[Buffer], mode: int = 0o444, mtime: int | None = None) -> None:
        """Create a new file; ``OSError`` when ``path`` exists."""
        descriptor = os.open(path, _CREATE, mode, dir_fd=self._fd)
        try:
            for part in data:
                _write_all(descriptor, part, path)
            if self._masked:
                os.fchmod(descriptor, mode)
            if mtime is not None:
                os.utime(descriptor, (mtime, mtime))
        finally:
            os.close(descriptor)

    def append(self, path: str, data: bytes) -> None:
        """Append to a file and fsync it."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=self._fd)
        try:
            _write_all(descriptor, data, path)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def symlink(self, target: str, path: str) -> None:
        """Create a symbolic link."""
        os.symlink(target, path, dir_fd=self._fd)

    def link(self, origin: "RealDisk", source: str, path: str) -> None:
        """Create a hard link."""
        os.link(source, path, src_dir_fd=origin._fd, dst_dir_fd=self._fd, follow_symlinks=False)

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do many effects by the compiled library, or one by one."""
        library = self._load_library()
        if library is None:
            portable.perform(self, effects)
            return
        library.perform(self._fd, effects, masked=self._masked)

    def rename(self, source: str, path: str) -> None:
        """Rename, replacing ``path`` atomically."""
        os.rename(source, path, src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def exchange(self, first: str, second: str) -> None:
        """Swap two names by ``renameat2(RENAME_EXCHANGE)``, Linux 3.15."""
        _call_libc("renameat2", self._fd, os.fsencode(first), self._fd, os.fsencode(second), _RENAME_EXCHANGE)

    def _load_library(self) -> "DiskLibrary | None":
        from nipsys.effects.disk.factory import load_library  # noqa: PLC0415 - loaded at first use

        return load_library() if self.native else None

    def remove(self, path: str) -> None:
        """Remove a file, a link or an empty directory."""
        try:
            os.unlink(path, dir_fd=self._fd)
        except IsADirectoryError:
            os.rmdir(path, dir_fd=self._fd)

    def sync(self) -> None:
        """Sync the whole file system with ``syncfs``, which reports write errors since Linux 5.8."""
        _call_libc("syncfs", self._fd)

    def sync_directory(self, path: str = "") -> None:
        """Fsync one directory."""
        descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._fd)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, path: str) -> Buffer:
        """Read a file; one of 1 MiB or more is memory-mapped."""
        return self.examine(path)[1]

    def examine(self, path: str) -> tuple[FileStatus, Buffer]:
        """Return a file's status and bytes; one of 1 MiB or more is memory-mapped."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._fd)
        try:
            found = os.fstat(descriptor)
            size = found.st_size
            data: Buffer = b""
            if size >= _MAPPED_FROM:
                import mmap  # noqa: PLC0415 - few commands read files this large

                data = mmap.mmap(descriptor, size, prot=mmap.PROT_READ)
            elif size:
                data = os.read(descriptor, size + 1)
            return _to_status(found), data
        finally:
            os.close(descriptor)

    def examine_all(self, wanted: Iterable[tuple[str, int]]) -> Iterator[tuple[FileStatus | None, Buffer]]:
        """Read many files by the compiled library, which reads ahead in a thread, or one by one."""
        library = self._load_library()
        if library is None:
            return portable.examine_all(self, wanted)
        return library.examine_all(self._fd, wanted, self)

    def list_entries(self, path: str = "") -> list[tuple[str, Kind]]:
        """List a directory without a stat of each entry."""
        descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._fd)
        try:
            with os.scandir(descriptor) as found:
                return [(entry.name, _kind_of_entry(entry)) for entry in found]
        finally:
            os.close(descriptor)

    def readlink(self, path: str) -> str:
        """Return a link's target."""
        return os.readlink(path, dir_fd=self._fd)

    def lstat(self, path: str) -> FileStatus | None:
        """Return the status of a path; ``None`` when it does not exist."""
        try:
            found = os.lstat(path or ".", dir_fd=self._fd)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _to_status(found)


def _to_status(found: os.stat_result) -> FileStatus:
    mode = found.st_mode
    return FileStatus(kind_of(mode), found.st_size, int(found.st_mtime), mode & 0o7777, found.st_ino, found.st_nlink)


def _kind_of_entry(entry: "os.DirEntry[str]") -> Kind:
    if entry.is_file(follow_symlinks=False):  # most are
        return "file"
    if entry.is_symlink():
        return "link"
    return "directory" if entry.is_dir(follow_symlinks=False) else "other"


def _read_umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _write_all(descriptor: int, part: Buffer, path: str) -> None:
    """Write all of ``part``, even after short writes; the error names the file."""
    rest = memoryview(part)
    while rest:
        try:
            done = os.write(descriptor, rest)
        except OSError as error:
            error.filename = path
            raise
        if done == 0:
            raise OSError(errno.EIO, "no more bytes could be written", path)
        rest = rest[done:]


def _call_libc(name: str, *arguments: int | bytes) -> None:
    """Call a function of the C library that Python does not offer; raise its error as ``OSError``."""
    import ctypes  # noqa: PLC0415 - heavy, only here

    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
