"""A tree whose manifest is known beforehand, written from any supply of bytes and checked against it."""

from collections.abc import Callable, Iterable, Iterator

from blake3 import blake3

from nipsys.effects.disk.port import Buffer, Disk
from nipsys.model.problem import reject
from nipsys.model.system.tree import Directory, File, Link, Tree


def write_known(disk: Disk, top: str, tree: Tree, content: Callable[[File], Iterable[Buffer]]) -> None:
    """Write ``tree`` into the empty directory ``top``; ``Rejected`` when the bytes of a file are not those of its digest."""
    inner = disk.within(top)
    try:
        for entry in tree.entries:
            match entry:
                case Directory():
                    inner.mkdir(entry.path)
                case Link():
                    inner.symlink(entry.target, entry.path)
                case File():
                    write_file(inner, entry, content(entry))
    finally:
        inner.close()


def write_file(disk: Disk, entry: File, content: Iterable[Buffer]) -> None:
    """Write one file and hold it against its digest."""
    digest = blake3()

    def hashed() -> Iterator[Buffer]:
        for part in content:
            digest.update(part)
            yield part

    disk.write(entry.path, hashed(), 0o555 if entry.executable else 0o444, entry.mtime)
    if digest.hexdigest() != entry.digest:
        raise reject("store", "wrong-bytes", f"`{entry.path}` does not have the digest of its manifest", f"wanted {entry.digest}")
