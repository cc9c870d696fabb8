"""Readers of foreign package indexes, one folder per kind. Pure: a source names the bytes it needs, then reads them."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.kinds import KINDS, find_host_source, host_needs_of, open_source, traits_of
    from nipsys.sources.port import Page, Source, SupportsMerge, SupportsSourcePackages
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "kinds": ("KINDS", "find_host_source", "host_needs_of", "open_source", "traits_of"),
            "port": ("Page", "Source", "SupportsMerge", "SupportsSourcePackages"),
        },
    )

__all__ = [
    "KINDS",
    "Page",
    "Source",
    "SupportsMerge",
    "SupportsSourcePackages",
    "find_host_source",
    "host_needs_of",
    "open_source",
    "traits_of",
]
