"""Lock against system: the plan, as a frozen value that is shown and then carried out.

How the app calls this::

    found = plan(profile, lock, current_system_or_none, lambda digest: (name := store.find(digest)) and name.digest)
    found.nothing                                   # nothing to do
    found.value()                                   # --json
    found.fetch, found.build, found.worlds          # what to do, in this order
"""

from nipsys.plan.difference import artifact, plan

__all__ = ["artifact", "plan"]
