"""Read profiles in KDL v2: nodes with positions, syntax errors, and writing of words and strings."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.profile.kdl.nodes import parse_nodes
    from nipsys.profile.kdl.quoting import format_word, quote
    from nipsys.profile.kdl.syntax import fill_from_kdl
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "nodes": ("parse_nodes",),
            "quoting": ("format_word", "quote"),
            "syntax": ("fill_from_kdl",),
        },
    )

__all__ = ["fill_from_kdl", "format_word", "parse_nodes", "quote"]
