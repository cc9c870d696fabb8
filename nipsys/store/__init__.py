"""The store: immutable trees named by their content, with verification, repair, garbage collection and packing.

How to use it (the caller holds the root's lock for everything that writes)::

    from nipsys.effects.filelock import guard
    from nipsys.store.trees import Store

    store = Store(root, report=report)
    with guard(store.layout.lock, command="apply", report=report):
        store.sweep()                                     # remove what a killed process left behind
        with store.batch() as batch:                      # two threads, one sync
            for package in wanted:
                if store.find(package.digest) is None:    # artifact digest -> TreeName | None
                    batch.put(lambda: open(path, "rb"), source.container(package), package.name, package.version, package.digest)
            names = batch.commit()                        # durable, names in the order of the puts; or Rejected and nothing has changed

    store.path(name)       # absolute path of a tree, by TreeName or by directory
    store.manifest(name)   # model.tree.Tree, or None
    store.has(name)

A view hard-links files of other trees and is named by its key; directories come before their contents::

    with store.batch() as batch:
        name = TreeName(key, "debian", "view")
        batch.link(name, [Pick(Directory("usr")), Pick(File(...), "<directory>/usr/bin/git"), Pick(Link("bin", "usr/bin"))])
        batch.commit()

Whatever is made by running programs (a build, a trigger) fills an empty directory, which then becomes a tree::

        room = batch.room()                 # absolute path of the empty directory
        ...
        batch.adopt(room, "zlib", "1.3.1")  # or key="blake3:..." to name it by its inputs

On disk: ``store/<directory>/`` holds the trees, ``store/.manifests/<directory>`` their canonical manifests (``model.system.tree``),
``store/.artifacts/<digest>`` which tree an artifact became, ``store/.new-*`` work in progress that any holder of the lock may remove.
"""
