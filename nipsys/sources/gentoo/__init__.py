"""Gentoo binary hosts: the Packages index, dependency strings, shared libraries and package manifests."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.gentoo.package import ManifestEntry, find_differences, find_name_mismatch, read_manifest
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "package": ("ManifestEntry", "find_differences", "find_name_mismatch", "read_manifest"),
        },
    )

__all__ = ["ManifestEntry", "find_differences", "find_name_mismatch", "read_manifest"]
