"""Gentoo binary hosts: the Packages index, dependency strings, shared libraries and package manifests."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.gentoo.package import ManifestEntry, find_differences, find_name_mismatch, read_manifest
    from nipsys.sources.gentoo.source import open_source
    from nipsys.sources.gentoo.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "package": (
                "ManifestEntry",
                "find_differences",
                "find_name_mismatch",
                "read_manifest",
            ),
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "ManifestEntry", "find_differences", "find_name_mismatch", "open_source", "read_manifest"]
