"""From members to trees: path checks, extraction, and batches that become durable with one sync."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.store.ingest.batch import LinkedEntry, Stream, TreeBatch
    from nipsys.store.ingest.materialize import write_file
    from nipsys.store.ingest.policy import Admitted, PathPolicy
    from nipsys.store.ingest.scan import is_unchanged
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "batch": ("LinkedEntry", "Stream", "TreeBatch"),
            "materialize": ("write_file",),
            "policy": (
                "Admitted",
                "PathPolicy",
            ),
            "scan": ("is_unchanged",),
        },
    )

__all__ = ["Admitted", "LinkedEntry", "PathPolicy", "Stream", "TreeBatch", "is_unchanged", "write_file"]
