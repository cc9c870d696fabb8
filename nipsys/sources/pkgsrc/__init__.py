"""pkgsrc: binary package summaries and packing lists."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.pkgsrc.contents import PackingList, find_mismatches, parse_fields, read_contents
    from nipsys.sources.pkgsrc.source import open_source
    from nipsys.sources.pkgsrc.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "contents": (
                "PackingList",
                "find_mismatches",
                "parse_fields",
                "read_contents",
            ),
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "PackingList", "find_mismatches", "open_source", "parse_fields", "read_contents"]
