"""The result of a build: captured as a tree, checked, stored and recorded, or its failure explained."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.builder.output.capture import capture_tree, describe_difference, find_texts, normalize_tree
    from nipsys.builder.output.checks import check_expected, check_output
    from nipsys.builder.output.failure import describe_failure, is_network_failure, quote_log
    from nipsys.builder.output.libc import find_libc_conflicts, libc_of
    from nipsys.builder.output.provenance import BuildRecord, BuildRecords, InputRecord, MaterialRecord, Witness
    from nipsys.builder.output.tree_store import LockedTreeStore, TreeStore
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "capture": ("capture_tree", "describe_difference", "find_texts", "normalize_tree"),
            "checks": ("check_expected", "check_output"),
            "failure": ("describe_failure", "is_network_failure", "quote_log"),
            "libc": ("find_libc_conflicts", "libc_of"),
            "provenance": ("BuildRecord", "BuildRecords", "InputRecord", "MaterialRecord", "Witness"),
            "tree_store": ("LockedTreeStore", "TreeStore"),
        },
    )

__all__ = [
    "BuildRecord",
    "BuildRecords",
    "InputRecord",
    "LockedTreeStore",
    "MaterialRecord",
    "TreeStore",
    "Witness",
    "capture_tree",
    "check_expected",
    "check_output",
    "describe_difference",
    "describe_failure",
    "find_libc_conflicts",
    "find_texts",
    "is_network_failure",
    "libc_of",
    "normalize_tree",
    "quote_log",
]
