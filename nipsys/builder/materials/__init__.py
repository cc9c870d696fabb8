"""Sources and seeds of a recipe: fetched, unpacked, patched and classified as text, generated text or binaries."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.builder.materials.prepare import Fetch, PreparedMaterial, prepare_material
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "prepare": ("Fetch", "PreparedMaterial", "prepare_material"),
        },
    )

__all__ = ["Fetch", "PreparedMaterial", "prepare_material"]
