"""Compare a lock with a system: the plan is a frozen value that is shown first and then carried out.

How the app calls this::

    found = plan(profile, lock, current_system_or_none, lambda digest: (name := store.find(digest)) and name.digest)
    found.nothing                                   # nothing to do
    found.value()                                   # --json
    found.fetch, found.build, found.worlds          # the steps, in this order
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.plan.difference import make_plan, store_key_of
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "difference": ("make_plan", "store_key_of"),
        },
    )

__all__ = ["make_plan", "store_key_of"]
