"""Small archives and packs, for the tests of the store."""

import io
import tarfile

from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.system.tree import TreeName
from nipsys.store.pack.write import write_pack
from nipsys.store.trees import Store

Filled = tuple[Store, tuple[TreeName, TreeName, TreeName]]
"""What the fixture ``filled`` returns: a store, two packages that share a file, and a view of both."""


def make_tar(files: dict[str, bytes]) -> io.BytesIO:
    """Return a tar archive of these files, all of the same age."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(data), 7
            made.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


def put_files(store: Store, name: str, files: dict[str, bytes]) -> TreeName:
    """Add a package of version 1, made of the artifact ``x:<name>``."""
    with store.open_batch(workers=1) as batch:
        batch.put(make_tar(files), UnpackSpec("tar"), name, "1", f"x:{name}")
        ((made, _),) = batch.commit()
    return made


def pack_trees(store: Store, *names: TreeName, **more: object) -> bytes:
    """Return a pack of these trees."""
    out = io.BytesIO()
    write_pack(store, out, [name.directory for name in names], **more)  # type: ignore[arg-type]
    return out.getvalue()
