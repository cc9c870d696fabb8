"""Read profiles in KDL v2: nodes with positions, syntax errors, and writing of words and strings."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.profile.kdl.nodes import Node, Scalar, parse_nodes
    from nipsys.profile.kdl.quoting import format_word, quote
    from nipsys.profile.kdl.read import fill_from_kdl
    from nipsys.profile.kdl.syntax import read_kdl
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "nodes": ("Node", "Scalar", "parse_nodes"),
            "quoting": ("format_word", "quote"),
            "read": ("fill_from_kdl",),
            "syntax": ("read_kdl",),
        },
    )

__all__ = ["Node", "Scalar", "fill_from_kdl", "format_word", "parse_nodes", "quote", "read_kdl"]
