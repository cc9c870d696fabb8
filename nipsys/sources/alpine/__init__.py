"""Alpine Linux: APKINDEX, RSA signatures and apk's versions and dependencies."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.alpine.index import read_pkginfo, read_signatures
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "index": ("read_pkginfo", "read_signatures"),
        },
    )

__all__ = ["read_pkginfo", "read_signatures"]
