"""Use cases, one function each. They combine the rooms below and print nothing."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.context import Context, open_context
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "context": ("Context", "open_context"),
        },
    )

__all__ = ["Context", "open_context"]
