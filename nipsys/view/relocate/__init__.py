"""Relocated twins of views, for hosts where namespaces are closed."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.view.relocate.backfill import make_missing_twins
    from nipsys.view.relocate.copies import find_missing_twins, remove_stale_twins
    from nipsys.view.relocate.prefix import relocate_prefix
    from nipsys.view.relocate.runpath import relocate_runpath
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "backfill": ("make_missing_twins",),
            "copies": ("find_missing_twins", "remove_stale_twins"),
            "prefix": ("relocate_prefix",),
            "runpath": ("relocate_runpath",),
        },
    )

__all__ = ["find_missing_twins", "make_missing_twins", "relocate_prefix", "relocate_runpath", "remove_stale_twins"]
