"""How programs run: one merged root per world, the launcher that enters it, triggers, relocation.

A *view* is a hard-linked root of all packages of one world. It is a directory of the store, named by its inputs. It is planned
completely as a value, then written, and never changes::

    world = build_world_input(root, lock, "debian", placed, read_tree)  # reads the texts below .package
    plan = compose_view(world)                  # pure; Rejected names all path clashes
    plan.view, plan.stubs, plan.links           # rows for the generation's System
    plan.choices                                # alternatives chosen: the lock records them as alternative:<name>
    plan.uncovered, plan.warnings               # to show
    executable_links_of(plan.stubs)             # Links/Executables/<name> -> ../../views/<world>/.run/usr/bin/<name>
    build_view(plan, store, report)             # idempotent; the merged trees must be in the store

In a generation, ``views/<world>`` is a link to ``store/<plan.directory>``; ``Links/Executables`` are symbolic links into the
view's ``.run``, where the path of each exposed program is a hard link to the launcher, which finds view and program from its
own path. No stub contains an absolute path, no line is limited in length, argv is passed unchanged, and a root can be moved.
Every view keeps its own launcher, so older generations run whatever happens to nipsys.

Below ``R/state``: ``<world>/var`` and ``<world>/run`` are written by programs; ``bin`` holds ``launch`` and ``hostrun`` of this
version; ``host`` the names of host programs for use inside views.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.view.assemble import build_view
    from nipsys.view.check import find_problems
    from nipsys.view.compose import compose_view
    from nipsys.view.etc import is_merged, merge_etc
    from nipsys.view.exposure import executable_links_of
    from nipsys.view.folding import fold_links
    from nipsys.view.inputs import build_world_input
    from nipsys.view.model import PackageInput, ViewPlan, WorldInput
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "assemble": ("build_view",),
            "check": ("find_problems",),
            "compose": ("compose_view",),
            "etc": ("is_merged", "merge_etc"),
            "exposure": ("executable_links_of",),
            "folding": ("fold_links",),
            "inputs": ("build_world_input",),
            "model": ("PackageInput", "ViewPlan", "WorldInput"),
        },
    )

__all__ = [
    "PackageInput",
    "ViewPlan",
    "WorldInput",
    "build_view",
    "build_world_input",
    "compose_view",
    "executable_links_of",
    "find_problems",
    "fold_links",
    "is_merged",
    "merge_etc",
]
