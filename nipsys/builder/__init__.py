"""A recipe run in a sandbox becomes a tree.

How the app calls this (see ``nipsys.app.realize.workshop``)::

    shop = Workshop(folder, StoreTrees(store, report), Records(f"{folder}/records"), fetch, mirrors, Options(jobs=2), report, now)
    shelf = Shelf(("recipes",))
    record = Chain(shop, shelf).build(shelf.open("recipes/bootstrap/busybox.kdl"), (read_flag("+python"),))
    record.tree, shop.trees.path(record.named())      # the tree's digest and its directory

    nodes read            recipe text to Recipe, every mistake with its place
    variants              flags decided: a concrete recipe and its variant hash
    materials scan        sources and seeds unpacked, patched, looked through
    sandbox worker steps  namespaces, then the steps; transform and archive are what needs no program
    container             the worker inside Podman or Docker
    capture checks libc   the result as a Tree, and what must hold of it
    one                   one build, its repetitions, its record
    chain                 inputs first, fixpoints, diverse seeds
    records               what is known of every build: all an audit needs
    explain               failures told so that one knows what to do
    foreign/              Portage, bmake and nix-build as builders
"""
