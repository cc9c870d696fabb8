"""What a system depends on for its trust: the closure of builds, the seeds below it, and a drawing of both."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.audit.closure import FindRecord, find_seed_path
    from nipsys.audit.picture import draw_trust
    from nipsys.audit.trust import Grafts, audit_system
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "closure": ("FindRecord", "find_seed_path"),
            "picture": ("draw_trust",),
            "trust": ("Grafts", "audit_system"),
        },
    )

__all__ = ["FindRecord", "Grafts", "audit_system", "draw_trust", "find_seed_path"]
