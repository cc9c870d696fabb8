"""Read profiles in TOML."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.profile.toml.read import fill_from_toml
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "read": ("fill_from_toml",),
        },
    )

__all__ = ["fill_from_toml"]
