"""Arch Linux and its derivatives: repository databases, package metadata and libalpm's dependencies."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.pacman.package import FoundMember, find_differences, find_name_mismatch, read_mtree, read_pkginfo
    from nipsys.sources.pacman.source import open_source
    from nipsys.sources.pacman.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "package": (
                "FoundMember",
                "find_differences",
                "find_name_mismatch",
                "read_mtree",
                "read_pkginfo",
            ),
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "FoundMember", "find_differences", "find_name_mismatch", "open_source", "read_mtree", "read_pkginfo"]
