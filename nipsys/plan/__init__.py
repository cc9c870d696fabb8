"""Compare a lock with a system: the plan is a frozen value that is shown first and then carried out.

How the app calls this::

    found = plan(profile, lock, current_system_or_none, lambda digest: (name := store.find(digest)) and name.digest)
    found.nothing                                   # nothing to do
    found.value()                                   # --json
    found.fetch, found.build, found.worlds          # the steps, in this order
"""

from nipsys.plan.difference import make_plan, store_key_of

__all__ = ["make_plan", "store_key_of"]
