"""The user's files as a tree of the store, whose digests were computed when the profile was read."""

from collections.abc import Iterable, Sequence

from nipsys.generation import files_path
from nipsys.model.system import Directory, File, FileSpec, Tree, TreeName
from nipsys.store import Store


def store_files(store: Store, files: Sequence[FileSpec]) -> str | None:
    """Put the user's files into the store as one tree, unless it has it; return its directory, ``None`` without files."""
    if not files:
        return None
    specs = {files_path(file.target): file for file in files}
    tree = Tree.from_entries([*_parents(specs), *(_entry(path, file) for path, file in specs.items())])
    name = TreeName(tree.digest(), "files", "profile")
    if not store.has(name):
        with store.open_batch() as batch:
            batch.put_tree(tree, lambda entry: (specs[entry.path].content,), name.name, name.version, verified=True)
            batch.commit()
    return name.directory


def _entry(path: str, file: FileSpec) -> File:
    return File(path, file.digest.partition(":")[2], len(file.content), bool(file.mode & 0o111), 0)


def _parents(paths: Iterable[str]) -> tuple[Directory, ...]:
    parts = [path.split("/") for path in paths]
    return tuple(Directory(path) for path in sorted({"/".join(names[:depth]) for names in parts for depth in range(1, len(names))}))
