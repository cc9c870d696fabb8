"""Numbered generations of the system: stage, publish, switch, roll back.

How the app calls this (everything that writes needs the root's lock to be held, see ``nipsys.store``)::

    from nipsys.generation.catalog import Generations
    from nipsys.generation.links.farm import Piece

    generations = Generations(root)
    generations.sweep()                                   # remove debris of a killed process, add a missing history line
    staged = generations.stage(system, pieces, reason="apply workstation.kdl")   # system: model.generation.System
    summary = generations.commit(staged)                  # publish, switch, history; or staged.publish().switch() step by step

    generations.current()          # Generation | None          generations.current_number()
    generations.read(7)            # Generation, with its System
    generations.summaries()        # quick: number, digest, created, parent, reason, lock, packages, label, pinned
    generations.rollback()         # to the parent, or rollback(5): Summary
    generations.label(5, "good"); generations.pin(5, pinned=True); generations.delete(3)
    generations.history.operations()

What needs no manifest (numbers, marks, ``rollback``, ``delete``, ``sweep``) is in ``ledger``, whose class ``Generations`` extends by
reading and composing. It imports very little, so a rollback costs the same however large the systems are.

``Piece(path, content, executable)`` is a small file of the generation itself, such as ``Piece("Links/Executables/git", b"#!...")``.
Link targets are relative to the directory of the link in the generation (``Links/Libraries/libz.so`` ->
``../../../../store/<directory>/usr/lib/libz.so``), or lead into ``views/<world>/`` of the same generation.

On the disk: ``generations/<N>/{manifest.json, made.json, trees, links, Links, Programs, views/<world>}``, where ``Links`` and ``Programs``
lead into ``generations/.links``: directories shared by all generations in which they are the same.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.generation.catalog import Generations
    from nipsys.generation.history import BrokenLine, History, Operation
    from nipsys.generation.ledger import GenerationLedger
    from nipsys.generation.manifest import parse_system
    from nipsys.generation.paths import GENERATIONS, SHARED_LINKS, files_path
    from nipsys.generation.retention import choose_expendable, find_roots, remove_unused_directories
    from nipsys.generation.summary import Summary
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "catalog": ("Generations",),
            "history": (
                "BrokenLine",
                "History",
                "Operation",
            ),
            "ledger": ("GenerationLedger",),
            "manifest": ("parse_system",),
            "paths": (
                "GENERATIONS",
                "SHARED_LINKS",
                "files_path",
            ),
            "retention": (
                "choose_expendable",
                "find_roots",
                "remove_unused_directories",
            ),
            "summary": ("Summary",),
        },
    )

__all__ = [
    "GENERATIONS",
    "SHARED_LINKS",
    "BrokenLine",
    "GenerationLedger",
    "Generations",
    "History",
    "Operation",
    "Summary",
    "choose_expendable",
    "files_path",
    "find_roots",
    "parse_system",
    "remove_unused_directories",
]
