"""The generations of a root: list, switch, mark, delete, verify, collect, pack and unpack."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.generations.catalog import (
        compare_generations,
        delete_generations,
        find_system,
        label_generation,
        list_summaries,
        pin_generation,
    )
    from nipsys.app.generations.gc import collect_garbage
    from nipsys.app.generations.history import read_history
    from nipsys.app.generations.pack import pack_generation
    from nipsys.app.generations.rollback import roll_back
    from nipsys.app.generations.unpack import unpack_generation
    from nipsys.app.generations.verify import repair_root, verify_root
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "catalog": ("compare_generations", "delete_generations", "find_system", "label_generation", "list_summaries", "pin_generation"),
            "gc": ("collect_garbage",),
            "history": ("read_history",),
            "pack": ("pack_generation",),
            "rollback": ("roll_back",),
            "unpack": ("unpack_generation",),
            "verify": ("repair_root", "verify_root"),
        },
    )

__all__ = [
    "collect_garbage",
    "compare_generations",
    "delete_generations",
    "find_system",
    "label_generation",
    "list_summaries",
    "pack_generation",
    "pin_generation",
    "read_history",
    "repair_root",
    "roll_back",
    "unpack_generation",
    "verify_root",
]
