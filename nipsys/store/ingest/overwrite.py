"""Replace a wrong tree in place, on file systems that cannot exchange two names in one step."""

from nipsys.effects.disk import Disk, remove_tree
from nipsys.model.system import Directory, Tree


def replace_in_place(disk: Disk, source: str, path: str, tree: Tree) -> None:
    """Move the contents of ``source``, which is exactly ``tree`` and synced, over the wrong tree at ``path``, file by file.

    Each file and link replaces the old one in one step, so a concurrent user of the tree finds the old or the new one, never nothing
    (except where a directory becomes a file or a file a directory). Extra entries are removed last.
    """
    for entry in tree.entries:  # parents before children
        there, seen = f"{path}/{entry.path}", disk.lstat(f"{path}/{entry.path}")
        if isinstance(entry, Directory):
            if seen is not None and seen.kind != "directory":
                disk.remove(there)
            if seen is None or seen.kind != "directory":
                disk.mkdir(there)
        else:
            if seen is not None and seen.kind == "directory":
                remove_tree(disk, there)
            disk.rename(f"{source}/{entry.path}", there)
    wanted = {entry.path for entry in tree.entries}
    ahead = [""]
    while ahead:
        above = ahead.pop()
        for name, kind in disk.list_entries(f"{path}/{above}".rstrip("/")):
            below = f"{above}/{name}" if above else name
            if below not in wanted:
                remove_tree(disk, f"{path}/{below}")
            elif kind == "directory":
                ahead.append(below)
