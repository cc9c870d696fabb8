"""pkgsrc: binary package summaries and packing lists."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.pkgsrc.contents import PackingList, find_mismatches, parse_fields, read_contents
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "contents": ("PackingList", "find_mismatches", "parse_fields", "read_contents"),
        },
    )

__all__ = ["PackingList", "find_mismatches", "parse_fields", "read_contents"]
