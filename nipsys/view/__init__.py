"""How programs run: one merged root a world, the launcher that enters it, triggers, relocation.

A *view* is a hard-linked root of all packages of one world, itself a directory of the store named by what it
merges. It is decided in full as a value (``prepare``), then written (``build``), and never changes::

    from nipsys.view.assemble import build
    from nipsys.view.compose import prepare
    from nipsys.view.exposure import executable_links
    from nipsys.view.inputs import world_input

    world = world_input(root, lock, "debian", placed, store.manifest)    # reads the texts below .package
    plan = prepare(world)                     # pure; Rejected names every path clash at once
    plan.view, plan.stubs, plan.links         # rows for generation's System; plan.uncovered, plan.warnings: to show
    executable_links(plan.stubs)              # Links/Executables/<name> -> ../../views/<world>/.run/usr/bin/<name>
    plan.choices                              # alternatives chosen: the lock records them as alternative:<name>
    build(plan, store, report)                # idempotent; the merged trees must be in the store

The generation holds ``views/<world>`` as a link to ``store/<plan.directory>``; ``Links/Executables`` are plain
symbolic links into the view's ``.run``, where each exposed program's path is a hard link to the launcher, which
learns from its own path which view and program are meant. No stub holds an absolute path, no line is limited in
length, argv is the caller's own, and a root that is moved keeps working. Views keep their own launcher, so older
generations run whatever happens to nipsys.

Inside ``R/state``: ``<world>/var`` and ``<world>/run`` are what programs write; ``bin`` holds ``launch`` and
``hostrun`` of this version; ``host`` the names of host programs for use inside views.
"""
