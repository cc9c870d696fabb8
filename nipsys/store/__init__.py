"""Immutable trees named by their content: put, get, verify, sweep, pack.

How the app calls this (the caller holds the root's guard for everything that writes)::

    from nipsys.effects.filelock import guard
    from nipsys.store.trees import Store

    store = Store(root, report=report)
    with guard(store.layout.lock, command="apply", report=report):
        store.sweep()                                     # what a killed process left behind
        with store.batch() as batch:                      # two threads, one sync
            for package in wanted:
                if store.find(package.digest) is None:    # artifact digest -> TreeName | None
                    batch.put(lambda: open(path, "rb"), source.container(package), package.name, package.version, package.digest)
            names = batch.commit()                        # durable; names in the order of the puts; or Rejected and nothing happened

    store.path(name)       # absolute path of a tree, by TreeName or by its directory
    store.manifest(name)   # model.tree.Tree, or None
    store.has(name)

A view links files of other trees together and is named by its key; directories come before what is in them::

    with store.batch() as batch:
        name = TreeName(key, "debian", "view")
        batch.link(name, [Pick(Directory("usr")), Pick(File(...), "<directory>/usr/bin/git"), Pick(Link("bin", "usr/bin"))])
        batch.commit()

A build, a trigger or anything that is made by running programs fills a room, which then becomes a tree::

        room = batch.room()                 # absolute path of an empty directory
        ...
        batch.adopt(room, "zlib", "1.3.1")  # or key="blake3:..." to name it by what it was made of

What is on the disk: ``store/<directory>/`` trees, ``store/.manifests/<directory>`` canonical manifests (``model.tree``),
``store/.artifacts/<digest>`` which artifact made which tree, ``store/.new-*`` work in progress that any holder of the guard may remove.
"""
