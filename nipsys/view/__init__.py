"""How programs run: one merged root per world, the launcher that enters it, triggers, relocation.

A *view* is a hard-linked root of all packages of one world. It is a directory of the store, named by its inputs. It is planned
completely as a value (``prepare``), then written (``build``), and never changes::

    from nipsys.view.assemble import build
    from nipsys.view.compose import prepare
    from nipsys.view.exposure import executable_links
    from nipsys.view.inputs import world_input

    world = world_input(root, lock, "debian", placed, store.manifest)    # reads the texts below .package
    plan = prepare(world)                     # pure; Rejected names all path clashes
    plan.view, plan.stubs, plan.links         # rows for the generation's System; plan.uncovered, plan.warnings: to show
    executable_links(plan.stubs)              # Links/Executables/<name> -> ../../views/<world>/.run/usr/bin/<name>
    plan.choices                              # alternatives chosen: the lock records them as alternative:<name>
    build(plan, store, report)                # idempotent; the merged trees must be in the store

In a generation, ``views/<world>`` is a link to ``store/<plan.directory>``; ``Links/Executables`` are symbolic links into the
view's ``.run``, where the path of each exposed program is a hard link to the launcher, which finds view and program from its
own path. No stub contains an absolute path, no line is limited in length, argv is passed unchanged, and a root can be moved.
Every view keeps its own launcher, so older generations run whatever happens to nipsys.

Below ``R/state``: ``<world>/var`` and ``<world>/run`` are written by programs; ``bin`` holds ``launch`` and ``hostrun`` of this
version; ``host`` the names of host programs for use inside views.
"""
