"""The symlink farm of a generation: its rows and targets, its composition, and the detection and repair of drift."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.generation.links.drift import Drift, find_drift, repair_links
    from nipsys.generation.links.farm import FarmDirectory, GeneratedFile, compose_farm
    from nipsys.generation.links.rows import ROW_SEPARATOR, LinkTable, build_table, format_rows
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "drift": ("Drift", "find_drift", "repair_links"),
            "farm": ("FarmDirectory", "GeneratedFile", "compose_farm"),
            "rows": ("LinkTable", "ROW_SEPARATOR", "build_table", "format_rows"),
        },
    )

__all__ = [
    "ROW_SEPARATOR",
    "Drift",
    "FarmDirectory",
    "GeneratedFile",
    "LinkTable",
    "build_table",
    "compose_farm",
    "find_drift",
    "format_rows",
    "repair_links",
]
