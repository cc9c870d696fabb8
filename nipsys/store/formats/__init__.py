"""Package and archive formats: each reader turns a stream into archive members."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.store.formats.table import find_reader
    from nipsys.store.formats.tar import read_members
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "table": ("find_reader",),
            "tar": ("read_members",),
        },
    )

__all__ = ["find_reader", "read_members"]
