"""Positions of keys and values in KDL and TOML text, which the parsers do not report, and spans from them."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.profile.positions.kdl import KdlSyntaxError, NodePosition, Range, scan_nodes
    from nipsys.profile.positions.toml import find_positions
    from nipsys.profile.positions.where import KeyPath, Positions, SourceText
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "kdl": ("KdlSyntaxError", "NodePosition", "Range", "scan_nodes"),
            "toml": ("find_positions",),
            "where": ("KeyPath", "Positions", "SourceText"),
        },
    )

__all__ = ["KdlSyntaxError", "KeyPath", "NodePosition", "Positions", "Range", "SourceText", "find_positions", "scan_nodes"]
