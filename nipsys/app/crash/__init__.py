"""``nipsys prove``: try every crash of every operation on a simulated disk."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.crash.prove import prove_current
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "prove": ("prove_current",),
        },
    )

__all__ = ["prove_current"]
