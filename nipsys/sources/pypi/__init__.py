"""Python package indexes: project pages, wheel metadata, platform tags and the layout of installed wheels."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.pypi.source import open_source
    from nipsys.sources.pypi.traits import TRAITS
    from nipsys.sources.pypi.wheel import Wheel, build_stubs, find_dist_info, locate_member, read_wheel, rewrite_script
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "source": ("open_source",),
            "traits": ("TRAITS",),
            "wheel": (
                "Wheel",
                "build_stubs",
                "find_dist_info",
                "locate_member",
                "read_wheel",
                "rewrite_script",
            ),
        },
    )

__all__ = ["TRAITS", "Wheel", "build_stubs", "find_dist_info", "locate_member", "open_source", "read_wheel", "rewrite_script"]
