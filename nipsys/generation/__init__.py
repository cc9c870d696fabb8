"""Numbered generations of the system: stage, publish, switch, roll back.

Everything that writes needs the root's lock to be held, see ``nipsys.store``::

    >>> from nipsys.generation import Generations
    >>> from nipsys.model.system import System
    >>> digest = "blake3:" + "0" * 64
    >>> generations = Generations("root")
    >>> staged = generations.stage(System("laptop", digest, digest, "x86_64"), reason="apply laptop.kdl")  # under a temporary name
    >>> generations.commit(staged).number  # publish, switch, history
    1
    >>> generations.commit(generations.stage(System("laptop", digest, digest, "x86_64", env=(("A", "1"),)))).number
    2
    >>> generations.rollback().number  # to the parent
    1
    >>> generations.current().system.profile, [summary.number for summary in generations.summaries()]
    ('laptop', [1, 2])
    >>> [line.what for line in generations.history.operations()]
    ['apply', 'apply', 'rollback']

What needs no manifest (numbers, marks, ``rollback``, ``delete``, ``sweep``) is in ``GenerationLedger``, which ``Generations`` extends by
reading and composing. It imports very little, so a rollback costs the same however large the systems are.

``GeneratedFile(path, content, executable)`` of ``nipsys.generation.links`` is a small file of the generation itself, such as a launcher.
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
