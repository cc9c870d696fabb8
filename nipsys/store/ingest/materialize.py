"""Write a tree whose manifest is already known, from any source of bytes, verified against the manifest."""

from collections.abc import Callable, Iterable, Iterator

from blake3 import blake3

from nipsys.effects.disk import Buffer, Disk
from nipsys.model import reject
from nipsys.model.system import Directory, File, Link, Tree


def write_tree(disk: Disk, top: str, tree: Tree, content: Callable[[File], Iterable[Buffer]], *, verified: bool = False) -> None:
    """Write ``tree`` into the empty directory ``top``; ``Rejected`` when a file's bytes do not match its digest.

    The bytes are not hashed when the caller has ``verified`` them.
    """
    write = _write_content if verified else write_file
    inner = disk.open_directory(top)
    try:
        for entry in tree.entries:
            match entry:
                case Directory():
                    inner.mkdir(entry.path)
                case Link():
                    inner.symlink(entry.target, entry.path)
                case File():
                    write(inner, entry, content(entry))
    finally:
        inner.close()


def write_file(disk: Disk, entry: File, content: Iterable[Buffer]) -> None:
    """Write one file; ``Rejected`` when its bytes do not match its digest."""
    digest = blake3()

    def hashed() -> Iterator[Buffer]:
        for part in content:
            digest.update(part)
            yield part

    _write_content(disk, entry, hashed())
    if digest.hexdigest() != entry.digest:
        raise reject("store", "wrong-digest", f"`{entry.path}` does not have the digest in its manifest", f"expected {entry.digest}")


def _write_content(disk: Disk, entry: File, content: Iterable[Buffer]) -> None:
    disk.write(entry.path, content, 0o555 if entry.executable else 0o444, entry.mtime)
