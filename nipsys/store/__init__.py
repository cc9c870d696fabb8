"""The store: immutable trees named by their content, with verification, repair, garbage collection and packing.

Reading needs no lock. Whoever writes holds the lock of the root, and first removes what a killed process left behind::

    >>> import io
    >>> from nipsys.effects import FixedClock, hold_lock
    >>> from nipsys.model import ignore_event
    >>> from nipsys.model.package import UnpackSpec
    >>> from nipsys.store import Store
    >>> store = Store("root")
    >>> with hold_lock(store.layout.lock_file, command="example", clock=FixedClock(), report=ignore_event):
    ...     removed = store.remove_debris()
    ...     with store.open_batch() as batch:  # several threads, one sync
    ...         batch.put(lambda: io.BytesIO(b"hello"), UnpackSpec("file", prefix="share/hello"), "hello", "1.0", "sha256:" + "0" * 64)
    ...         (made,) = batch.commit()  # durable, in the order of the puts; or Rejected, and nothing has changed
    >>> store.read_manifest(made.name).entries[-1].path
    'share/hello'
    >>> store.find("sha256:" + "0" * 64) == made.name
    True

A view hard-links files of other trees and is named by its key: ``batch.link_tree(TreeName(key, "debian", "view"), picks)``, where each
pick is a ``LinkedEntry`` and directories come before their contents. Whatever is made by running programs (a build, a trigger) fills the
empty directory that ``batch.make_directory()`` returns, and ``batch.adopt(directory, "zlib", "1.3.1")`` makes a tree of it.

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
