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
