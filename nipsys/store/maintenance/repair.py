"""Repair damaged trees without ever removing them in between.

A tree whose artifact is available is unpacked again and exchanged with the damaged one in one step. In a tree that was made on this
machine (a view, a build) each wrong file is replaced, by a rename, with a file of the same digest from an intact tree.
"""

from collections.abc import Callable, Iterable

from nipsys.effects.disk import Disk, remove_tree
from nipsys.model import Digest, Frozen, Problem, Rejected
from nipsys.model.package import UnpackSpec
from nipsys.model.system import Directory, File, Link, Tree
from nipsys.store.errors import translate_errors
from nipsys.store.ingest import Stream
from nipsys.store.maintenance.verify import TreeReport
from nipsys.store.paths import NEW_PREFIX, STORE, manifest_path, tree_path
from nipsys.store.trees import Store


class ArtifactSource(Frozen):
    """How to get the artifact of one tree again."""

    stream: Stream
    container: UnpackSpec
    name: str
    version: str
    artifact: Digest


class Repaired(Frozen):
    """The result of a repair."""

    directories: tuple[str, ...]
    """Directories of the trees that were repaired."""
    unrepaired: tuple[Problem, ...]
    """Why the other trees could not be repaired."""


def repair_trees(store: Store, found: Iterable[TreeReport], supply: Callable[[str], ArtifactSource | None]) -> Repaired:
    """Repair every tree of ``found`` that is not ``VERIFIED``; the caller holds the lock.

    ``supply`` returns, for a tree's directory, how to get its artifact again, or ``None`` for a tree that was made on this machine.
    """
    bad = [checked for checked in found if checked.state != "VERIFIED"]
    whole: list[str] = []
    left: list[Problem] = []
    made_here: list[TreeReport] = []
    for checked in bad:
        given = supply(checked.directory)
        if given is None:
            made_here.append(checked)
            continue
        try:
            _unpack_again(store, checked.directory, given)
            whole.append(checked.directory)
        except Rejected as rejected:
            left += rejected.problems
    wrong = {checked.directory for checked in bad} - set(whole)
    for checked in made_here:
        missing = _repair_from_others(store, checked, wrong)
        if missing is None:
            whole.append(checked.directory)
        else:
            left.append(missing)
    return Repaired(tuple(whole), tuple(left))


def _unpack_again(store: Store, directory: str, given: ArtifactSource) -> None:
    with store.open_batch(workers=1) as batch:
        batch.replacing = frozenset((directory,))
        batch.put(given.stream, given.container, given.name, given.version, given.artifact)
        ((name, _),) = batch.commit(only=directory)
    assert name.directory == directory


def _repair_from_others(store: Store, checked: TreeReport, wrong: set[str]) -> Problem | None:
    """Replace each wrong path; return the problem if that is not possible."""
    directory = checked.directory
    hint = "run `nipsys apply` to create it again"
    tree = store.read_manifest(directory)
    if checked.state != "MODIFIED" or tree is None:
        return Problem("cannot-repair", f"`{directory}` is {checked.state.lower()} and has no artifact to unpack again", hint=hint)
    entries = {entry.path: entry for entry in tree.entries}
    needed = {entry.digest for path in checked.paths if isinstance(entry := entries.get(path), File)}
    origins = _find_origins(store, needed, wrong | {directory})
    if lacking := sorted(needed - set(origins)):
        paths = tuple(entry.path for entry in tree.entries if isinstance(entry, File) and entry.digest in lacking)
        return Problem("cannot-repair", f"`{directory}` has damaged files that no other tree contains", notes=paths[:20], hint=hint)
    with translate_errors(directory):
        _replace_paths(store.disk, checked, tree, origins)
    return None


def _find_origins(store: Store, digests: set[str], without: set[str]) -> dict[str, str]:
    """Return the path, relative to the root, of a file for each digest, from trees not in ``without``."""
    found: dict[str, str] = {}
    for directory in store.list_directories():
        tree = store.read_manifest(directory) if directory not in without else None
        for entry in tree.entries if tree else ():
            if isinstance(entry, File) and entry.digest in digests:
                found.setdefault(entry.digest, f"{STORE}/{directory}/{entry.path}")
    return found


def _replace_paths(disk: Disk, checked: TreeReport, tree: Tree, origins: dict[str, str]) -> None:
    entries = {entry.path: entry for entry in tree.entries}
    new = f"{STORE}/{NEW_PREFIX}repair"
    top = tree_path(checked.directory)
    for path in checked.paths:
        remove_tree(disk, new)
        match entries.get(path):
            case None:
                remove_tree(disk, f"{top}/{path}")
            case Directory():
                if (seen := disk.lstat(f"{top}/{path}")) is not None and seen.kind != "directory":
                    disk.remove(f"{top}/{path}")
                disk.mkdir(f"{top}/{path}")
            case File(digest=digest) as entry:
                # a copy: time and mode of the origin may differ from those in this tree
                disk.write(new, (disk.read(origins[digest]),), 0o555 if entry.executable else 0o444, entry.mtime)
                _rename_over(disk, new, f"{top}/{path}")
            case Link(target=target):
                disk.symlink(target, new)
                _rename_over(disk, new, f"{top}/{path}")
    disk.sync()
    assert disk.lstat(manifest_path(checked.directory)) is not None


def _rename_over(disk: Disk, new: str, path: str) -> None:
    """Rename ``new`` over whatever is at ``path``."""
    seen = disk.lstat(path)
    if seen is not None and seen.kind == "directory":
        remove_tree(disk, path)
    disk.sync()  # sync the bytes first: the rename must never expose an empty file
    disk.rename(new, path)
