"""Alpine Linux: APKINDEX, RSA signatures and apk's versions and dependencies."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.alpine.index import read_pkginfo, read_signatures
    from nipsys.sources.alpine.source import open_source
    from nipsys.sources.alpine.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "index": (
                "read_pkginfo",
                "read_signatures",
            ),
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "open_source", "read_pkginfo", "read_signatures"]
