"""The store: immutable trees named by their content, with verification, repair, garbage collection and packing.

How to use it (the caller holds the root's lock for everything that writes)::

    from nipsys.effects import hold_lock
    from nipsys.store import Store

    store = Store(root, report=report)
    with hold_lock(store.layout.lock_file, command="apply", clock=clock, report=report):
        store.remove_debris()                             # remove what a killed process left behind
        with store.open_batch() as batch:                 # several threads, one sync
            for package in wanted:
                if store.find(package.digest) is None:    # artifact digest -> TreeName | None
                    batch.put(lambda: open(path, "rb"), source.container(package), package.name, package.version, package.digest)
            made = batch.commit()                         # durable: (name, tree) in the order of the puts; or Rejected, nothing changed

    store.path(name)             # absolute path of a tree, by TreeName or by directory
    store.read_manifest(name)    # Tree, or None
    store.has(name)

A view hard-links files of other trees and is named by its key; directories come before their contents::

    with store.open_batch() as batch:
        name = TreeName(key, "debian", "view")
        picks = (LinkedEntry(Directory("usr")), LinkedEntry(File(...), "<directory>/usr/bin/git"), LinkedEntry(Link("bin", "usr/bin")))
        batch.link_tree(name, picks)
        batch.commit()

Whatever is made by running programs (a build, a trigger) fills an empty directory, which then becomes a tree::

        room = batch.make_directory()       # absolute path of the empty directory
        ...
        batch.adopt(room, "zlib", "1.3.1")  # or key="blake3:..." to name it by its inputs

On disk: ``store/<directory>/`` holds the trees, ``store/.manifests/<directory>`` their canonical manifests (``model.system.tree``),
``store/.artifacts/<digest>`` which tree an artifact became, ``store/.new-*`` work in progress that any holder of the lock may remove.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.store.artifacts import describe_dropped_bits, encode_record
    from nipsys.store.errors import attribute_errors, translate_errors
    from nipsys.store.member import Limits
    from nipsys.store.paths import ARTIFACTS, MANIFESTS, NEW_PREFIX, STORE, artifact_path, manifest_path
    from nipsys.store.trees import Store
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "artifacts": (
                "describe_dropped_bits",
                "encode_record",
            ),
            "errors": (
                "attribute_errors",
                "translate_errors",
            ),
            "member": ("Limits",),
            "paths": (
                "ARTIFACTS",
                "MANIFESTS",
                "NEW_PREFIX",
                "STORE",
                "artifact_path",
                "manifest_path",
            ),
            "trees": ("Store",),
        },
    )

__all__ = [
    "ARTIFACTS",
    "MANIFESTS",
    "NEW_PREFIX",
    "STORE",
    "Limits",
    "Store",
    "artifact_path",
    "attribute_errors",
    "describe_dropped_bits",
    "encode_record",
    "manifest_path",
    "translate_errors",
]
