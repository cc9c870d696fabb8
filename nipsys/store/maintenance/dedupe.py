"""Deduplication: equal files of different trees become one inode, so that similar versions share disk space."""

from nipsys.effects.disk import remove_tree
from nipsys.model import Advanced, Began, Ended, Frozen, Reporter, ignore_event
from nipsys.model.system import File
from nipsys.store.errors import translate_errors
from nipsys.store.maintenance.verify import hash_file
from nipsys.store.paths import NEW_PREFIX, STORE
from nipsys.store.trees import Store


class Deduplicated(Frozen):
    """The result of deduplication."""

    files: int
    """Files that are now hard links to an equal file."""
    size: int
    """Bytes that were freed."""


def deduplicate(store: Store, report: Reporter = ignore_event) -> Deduplicated:
    """Hard-link equal files (same content, mode and time) of all trees; the caller holds the lock.

    Each file is replaced by a rename, so readers never miss it, and only if both files still match their manifests.
    """
    disk, new = store.disk, f"{STORE}/{NEW_PREFIX}same"
    first: dict[tuple[str, bool, int], str] = {}
    files = size = 0
    directories = store.list_directories()
    report(Began("optimise", len(directories)))
    with translate_errors("the store"):
        remove_tree(disk, new)
        for directory in directories:
            tree = store.read_manifest(directory)
            for entry in tree.entries if tree else ():
                if not isinstance(entry, File) or not entry.size:
                    continue
                path = f"{STORE}/{directory}/{entry.path}"
                other = first.setdefault((entry.digest, entry.executable, entry.mtime), path)
                if other is not path and _link_equal(store, other, path, entry):
                    files, size = files + 1, size + entry.size
            report(Advanced("optimise", 1, directory))
        disk.sync()
    report(Ended("optimise"))
    return Deduplicated(files, size)


def _link_equal(store: Store, other: str, path: str, entry: File) -> bool:
    """Replace ``path`` with a hard link to ``other``; return whether bytes were freed."""
    disk, new = store.disk, f"{STORE}/{NEW_PREFIX}same"
    one, two = disk.lstat(other), disk.lstat(path)
    if one is None or two is None or one.inode == two.inode or (one.mode, one.mtime) != (two.mode, two.mtime):
        return False
    if hash_file(disk, other) != entry.digest or hash_file(disk, path) != entry.digest:
        return False
    try:
        disk.link(disk, other, new)
    except OSError:  # the inode has reached its limit of links
        return False
    disk.rename(new, path)
    return two.links == 1
