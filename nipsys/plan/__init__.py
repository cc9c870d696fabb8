"""Compare a lock with a system: the plan is a frozen value that is shown first and then carried out.

The caller says which artifacts are in the store, by digest::

    >>> from nipsys.model.system import Lock, LockedPackage, Profile
    >>> from nipsys.plan import make_plan
    >>> profile = Profile("laptop", "laptop.kdl", "x86_64", (), ())
    >>> package = LockedPackage("debian", "vim", "2:9.1", location="pool/vim.deb", size=5, digest="sha256:" + "0" * 64, requested=True)
    >>> plan = make_plan(profile, Lock("laptop", profile.digest, "x86_64", (), (package,)), None, lambda digest: None)
    >>> [change.id for change in plan.added], plan.fetch_size, plan.is_empty
    (['debian/vim'], 5, False)

``plan.fetch``, ``plan.build`` and ``plan.worlds`` are its steps, in this order; ``plan.to_dict()`` is the answer of ``--json``.
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
