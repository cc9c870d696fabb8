"""Python package indexes: project pages, wheel metadata, platform tags and the layout of installed wheels."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.pypi.wheel import Wheel, build_stubs, find_dist_info, locate_member, read_wheel, rewrite_script
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "wheel": ("Wheel", "build_stubs", "find_dist_info", "locate_member", "read_wheel", "rewrite_script"),
        },
    )

__all__ = ["Wheel", "build_stubs", "find_dist_info", "locate_member", "read_wheel", "rewrite_script"]
