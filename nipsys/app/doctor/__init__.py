"""``nipsys doctor``: which guarantees hold on this host, and how to repair those that do not."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.doctor.examine import examine_host, relocate_programs
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "examine": ("examine_host", "relocate_programs"),
        },
    )

__all__ = ["examine_host", "relocate_programs"]
